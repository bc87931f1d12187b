// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_answerer.h"

#include <algorithm>

namespace mikey::ibake {

namespace {

constexpr std::ptrdiff_t mostOfAKind = 8; ///< proven or not

Bytes bytesOf(ByteView view)
{
    return {view.begin(), view.end()};
}

Answerer loadOne(Unpacker &from)
{
    Answerer one;
    one.answer = bytesOf(from.field());
    one.identity = from.text();
    one.point.curve = static_cast<std::uint8_t>(from.number());
    one.point.x = bytesOf(from.field());
    one.point.y = bytesOf(from.field());
    const auto *curve = ecCurve(one.point.curve);
    if (const auto scalar = from.field(); curve && !scalar.empty())
        one.key = EcdhKey::of(*curve, Secret(scalar));
    one.deposit = Secret(from.field());
    one.depositSpi = bytesOf(from.field());
    one.second = bytesOf(from.field());
    const auto message = decode(one.second);
    if (!message || message->header.dataType != DataType::IbakeInit2 || !message->find<Timestamp>() ||
        !message->find<Rand>() || one.knewUs() != one.deposit.empty())
        from.damage();
    else
        one.map = message->header.map;
    return one;
}

} // namespace

const Answerer *Answerers::answeredWith(ByteView digest) const
{
    const auto it =
        std::find_if(m_all.begin(), m_all.end(), [&](const Answerer &one) { return sameOctets(one.answer, digest); });
    return it == m_all.end() ? nullptr : &*it;
}

const Answerer *Answerers::sentAt(ByteView timestamp) const
{
    const auto it = std::find_if(m_all.begin(), m_all.end(), [&](const Answerer &one) {
        return sameOctets(decode(one.second)->find<Timestamp>()->value, timestamp);
    });
    return it == m_all.end() ? nullptr : &*it;
}

bool Answerers::hasRoom(bool knewUs) const
{
    return std::count_if(m_all.begin(), m_all.end(), [&](const Answerer &one) { return one.knewUs() == knewUs; }) <
           mostOfAKind;
}

void Answerers::save(Packer &packer) const
{
    packer.number(m_all.size());
    for (const auto &one : m_all) {
        packer.add(ByteView(one.answer)).add(one.identity);
        packer.number(one.point.curve).add(ByteView(one.point.x)).add(ByteView(one.point.y));
        packer.add(one.key ? one.key->scalar().view() : ByteView());
        packer.add(one.deposit.view()).add(ByteView(one.depositSpi)).add(ByteView(one.second));
    }
}

Answerers Answerers::load(Unpacker &from)
{
    Answerers loaded;
    const auto count = from.number();
    for (std::uint64_t i = 0; i < count && from.sound(); ++i)
        loaded.m_all.push_back(loadOne(from));
    if (loaded.m_all.size() > 2 * static_cast<std::size_t>(mostOfAKind))
        from.damage();
    return from.sound() ? std::move(loaded) : Answerers();
}

} // namespace mikey::ibake
