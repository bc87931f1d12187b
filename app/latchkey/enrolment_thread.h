// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/enrolment.h"

#include <QObject>
#include <QThread>

#include <deque>

/// Enrols on a thread of its own, since checking keys would hold up the window. Qt main thread.
class EnrolmentThread : public QObject
{
public:
    using Then = std::function<void(const account::Loaded<account::Enrolled> &)>;

    explicit EnrolmentThread(QObject *parent = nullptr);
    ~EnrolmentThread() override; ///< what is under way ends without a result

    /// The keys of "sakke" or "ibake"; empty: all that the account has. One after the other, since each replaces the
    /// file. `then` comes once, later, unless this goes before.
    void enrol(const std::string &method, const QString &endpointFile, const account::KmsAccess &access, Then then);

private:
    struct Job
    {
        std::string method;
        QString endpointFile;
        account::KmsAccess access;
        Then then;
    };
    void begin();

    QThread m_thread;
    QObject *m_worker; ///< lives there
    std::deque<Job> m_jobs;
};
