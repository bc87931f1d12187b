// SPDX-License-Identifier: Apache-2.0
// InviteUsage's part that takes provisional responses reliably (RFC 3262 section 4).
#include "sip/invite_usage.h"

#include <algorithm>

namespace sip {

namespace {

constexpr std::size_t maxEarlyDialogs = 8;

} // namespace

InviteUsage::EarlyDialog *InviteUsage::earlyDialog(std::string_view tag)
{
    const auto it =
        std::ranges::find_if(m_early, [&](const EarlyDialog &early) { return early.dialog.remoteTag() == tag; });
    return it == m_early.end() ? nullptr : &*it;
}

/// The dialog of a 2xx. Where an early one stood before it, requests go on counting from there.
Dialog InviteUsage::answeredDialog(const ClientTransaction &transaction, const Response &response)
{
    auto dialog = Dialog::ofClient(transaction.request, response);
    if (const auto *early = earlyDialog(dialog.remoteTag()))
        dialog.continueFrom(early->dialog);
    return dialog;
}

void InviteUsage::reliableResponse(const ClientTransaction &transaction, const Response &response, std::uint32_t rseq,
                                   Time now)
{
    if (rseq == 0)
        return; // no number
    auto *early = earlyDialog(response.to().tag());
    if (early && (early->ended || early->waits || rseq != early->rack.rseq + 1))
        return; // a copy, or one that another has to come before: it is sent again
    if (!early) {
        auto dialog = Dialog::ofClient(transaction.request, response);
        if (dialog.remoteTag().empty() || m_early.size() >= maxEarlyDialogs || !dialog.nextHop().isReachable())
            return;
        early = &m_early.emplace_back(EarlyDialog{.dialog = std::move(dialog), .rack = {}, .answer = {}});
    }
    early->rack = {rseq, transaction.request.cseq()};
    tell(output::Ringing{m_id, response.status});
    if (response.content.empty() || !early->answer.empty()) { // what a later one describes is to be ignored
        sendPrack(*early, {}, now);
        return;
    }
    early->answer = response.body();
    early->waits = true;
    tell(output::EarlyAnswered{m_id, early->dialog.remoteTag(), early->answer});
}

void InviteUsage::prack(const std::string &dialog, const Body &offer, Time now)
{
    auto *early = earlyDialog(dialog);
    if (early && early->waits && !m_ended)
        sendPrack(*early, offer, now);
}

/// RFC 3261 section 15: the caller may send BYE before the call is answered. Its callee then refuses the INVITE.
void InviteUsage::endEarly(const std::string &dialog, const Refusal &why, Time now)
{
    auto *early = m_state == State::Calling && !m_ended ? earlyDialog(dialog) : nullptr;
    if (!early || early->ended)
        return;
    early->ended = true;
    bye(early->dialog, why, now);
    if (nobodyLeft())
        m_waitEnd = now + 64 * m_context.config.timers.t1;
}

/// Nobody's answer could be waited for: all early dialogs were ended by us.
bool InviteUsage::nobodyLeft() const
{
    return !m_early.empty() && !m_othersRing &&
           std::ranges::all_of(m_early, [](const EarlyDialog &one) { return one.ended; });
}

void InviteUsage::sendPrack(EarlyDialog &early, const Body &offer, Time now)
{
    // A 2xx may have made another one of it, whose numbers go on.
    auto &dialog = m_dialog && m_dialog->remoteTag() == early.dialog.remoteTag() ? *m_dialog : early.dialog;
    auto request = dialog.makeRequest("PRACK");
    request.headers.add("RAck", early.rack.toString());
    request.headers.add("User-Agent", m_context.config.product);
    request.setBody(offer);
    early.waits = false;
    early.offering = early.offering || !offer.empty();
    m_context.transactions.request(std::move(request), flowTo(dialog.nextHop()), m_id, now);
}

/// A PRACK has its final response, or will have none.
void InviteUsage::prackDone(const ClientTransaction &transaction, const std::optional<Ending> &failure,
                            const Body &answer, Time now)
{
    const std::string tag(transaction.request.to().tag());
    auto *early = earlyDialog(tag);
    if (!early || transaction.request.content.empty())
        return; // what only acknowledges has done so, or the peer will give the call up itself
    early->offering = false;
    if (failure)
        tell(output::PrackFailed{m_id, tag, *failure});
    else
        tell(output::PrackAnswered{m_id, tag, answer});
    sendPendingOffer(now);
}

} // namespace sip
