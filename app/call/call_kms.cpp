// SPDX-License-Identifier: Apache-2.0
// What Call asks of a key management service, for either side of an exchange.
#include "call/call.h"
#include "call/clock.h"
#include "call/words.h"
#include "wire/inspector.h"

namespace call {

namespace {

mikey::Step failed(const QString &reason)
{
    mikey::Step step;
    step.error = mikey::Error::local(reason.toStdString());
    return step;
}

} // namespace

/// Has `user` ask until it can go on; at once where there is nothing to ask. `step` is what to do then.
void Call::consultKms(std::shared_ptr<mikey::KmsUser> user, mikey::Step step, TakeStep then)
{
    const auto request = user->kmsRequest();
    if (!request)
        return then(std::move(step));
    if (!m_phone.m_config.askKms)
        return then(
            failed(tr("the key management service %1 is needed, and no way to it is set up").arg(toQt(request->kms))));
    showKmsMessage(request->message, true);
    const auto answered = [this, guard = QPointer<Call>(this), attempt = m_attempt, user,
                           then](const KmsAnswer &answer) {
        if (!guard || !isUnderWay(attempt))
            return; // hung up meanwhile
        if (!answer.message)
            return then(failed(answer.trouble));
        showKmsMessage(*answer.message, false);
        inBackground([user, message = *answer.message] { return user->kmsAnswered(message, ntpNow()); },
                     [this, user, message = *answer.message, then](mikey::Step next) {
                         judgeKmsMessage(message, next);
                         consultKms(user, std::move(next), then);
                     });
    };
    m_phone.m_config.askKms(*request, answered);
}

/// The exchange with the service stands in the ladder too, among the messages of SIP.
void Call::showKmsMessage(const mikey::Bytes &message, bool sent)
{
    ExchangeStep step;
    step.atUs = monotonicUs() - m_begunUs;
    step.sent = sent;
    step.sip = tr("KMS");
    step.sipBytes = static_cast<int>(message.size());
    step.mikeyOctets = toQt(mikey::ByteView(message));
    step.inspected = std::make_shared<mikey::InspectedMessage>(mikey::inspect(message));
    step.mikey = toQt(step.inspected->message);
    addStep(std::move(step));
}

void Call::judgeKmsMessage(const mikey::Bytes &message, const mikey::Step &step)
{
    const auto octets = toQt(mikey::ByteView(message));
    if (step.error)
        return judge({octets, false, toMikeyError(*step.error), nullptr});
    const auto plain = step.plain ? step.plain->view() : mikey::ByteView{};
    judge({octets, true, std::nullopt, std::make_shared<mikey::InspectedMessage>(mikey::inspect(message, plain))});
}

} // namespace call
