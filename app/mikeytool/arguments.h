// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "account/result_json.h"
#include "wire/ntp_time.h"

#include <QCommandLineParser>

namespace tool {

enum ExitStatus {
    Done = 0,
    Refused = 1, ///< the message or the peer
    Usage = 2,   ///< wrong usage or unreadable file
};

/// An option of any verb. The table says it once, for parsing and for help.
struct Option
{
    const char *name;
    const char *value; ///< what stands for it in help; empty: it takes none
    const char *help;
};

const Option &option(const QString &name);

/// The command line of one verb, parsed.
class Arguments
{
public:
    /// `options` and `required` are names of the table.
    Arguments(const QStringList &options, const QStringList &required, bool takesFile);

    /// What is wrong with the words after the verb, or none.
    std::optional<QString> parse(const QStringList &words);

    /// A verb may be asked for any option of the table; one it does not take is not set.
    bool isSet(const char *name) const;
    QString value(const char *name) const { return isSet(name) ? m_parser.value(QLatin1String(name)) : QString(); }
    QStringList values(const char *name) const { return m_parser.values(QLatin1String(name)); }
    QString file() const; ///< "-" where none was named
    bool namesFile() const { return !m_parser.positionalArguments().isEmpty(); }

    mikey::NtpTime at() const { return m_at; } ///< `--at`, or now
    account::Keys keys() const { return isSet("reveal-keys") ? account::Keys::Revealed : account::Keys::Fingerprints; }

private:
    QCommandLineParser m_parser;
    QStringList m_options;
    QStringList m_required;
    bool m_takesFile;
    mikey::NtpTime m_at;
};

/// What a number may be, and what it is if it is not given.
struct Range
{
    unsigned least;
    unsigned most;
    unsigned usual;
};
account::Loaded<unsigned> readNumber(const Arguments &arguments, const char *name, const Range &range);

/// Of an option that is `on` or `off`.
account::Loaded<bool> readSwitch(const Arguments &arguments, const char *name, bool usual);

/// RFC 3339, or 16 hex digits of NTP time. None if it is neither, or outside the NTP era that began in 1968.
std::optional<mikey::NtpTime> parseTime(const QString &text);

/// Prints a sentence for people to standard error; returns the status for convenience.
int fail(ExitStatus status, const QString &sentence);
void warn(const QString &sentence);
void print(const QByteArray &text); ///< to standard output
void print(const QString &text);

} // namespace tool
