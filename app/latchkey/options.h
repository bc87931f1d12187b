// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/phone.h"

#include <QStringList>

#include <variant>

/// What the command line asks for.
struct Options
{
    struct Listen
    {
        sip::Transport transport = sip::Transport::Udp;
        QHostAddress address{QHostAddress::AnyIPv4};
        quint16 port = 5060;
    };

    QString profile;  ///< directory; empty: the user's own
    QString endpoint; ///< endpoint file; empty: the profile's
    std::vector<Listen> listen{Listen{}};
    QString audio = QStringLiteral("device");
    call::Phone::Answering answering = call::Phone::Answering::Manual;
    bool headless = false;
    bool demo = false;
    QStringList demoMethods; ///< names of the method table
    int demoSeconds = 3;
    int renewalSeconds = 900;                 ///< 0: keys are renewed on demand only
    QString theme = QStringLiteral("system"); ///< or "light", "dark"
    QString dial;                             ///< an address to call at once, as a link handler passes it
};

/// Whether the arguments ask for no window; needed before there is an application object.
bool asksForHeadless(int argc, char **argv);

/// Reads the arguments of the running application. Text is a sentence about wrong usage. `--help` and `--version` print
/// and end the program.
std::variant<Options, QString> parseOptions(const QStringList &arguments);
