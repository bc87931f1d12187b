// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QSocketNotifier>

/// Standard output as lines of JSON that never make the phone wait: where the reader is slow, lines queue up; where it
/// does not read at all, the least important are left out first.
class JsonOutput : public QObject
{
    Q_OBJECT

public:
    enum class Weight { Dispensable, Important };

    JsonOutput();
    ~JsonOutput() override; ///< gives a slow reader 2 s more

    void write(const QJsonObject &object, Weight weight = Weight::Important);

private:
    void flush();

    QByteArray m_queue;
    QSocketNotifier m_writable;
    bool m_broken = false; ///< nobody reads any more
};
