// SPDX-License-Identifier: Apache-2.0
#include "peer_header.h"

#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {

namespace {
constexpr int avatarSize = 56;
}

class PeerHeader::Avatar : public QWidget
{
public:
    explicit Avatar(QWidget *parent) : QWidget(parent) { setFixedSize(avatarSize, avatarSize); }

    void setPerson(const QString &person)
    {
        const auto letter = std::find_if(person.begin(), person.end(), [](QChar c) { return c.isLetterOrNumber(); });
        m_initial = letter == person.end() ? QStringLiteral("?") : QString(letter->toUpper());
        update();
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const ToneColors colors = toneColors(Tone::Neutral, palette());
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.background);
        painter.drawEllipse(rect());
        painter.setPen(colors.text);
        painter.setFont(titleFont());
        painter.drawText(rect(), Qt::AlignCenter, m_initial);
    }

private:
    QString m_initial = QStringLiteral("?");
};

PeerHeader::PeerHeader(QWidget *parent)
    : QWidget(parent), m_avatar(new Avatar(this)), m_name(new ElidedLabel(this)), m_address(new ElidedLabel(this)),
      m_claim(new ElidedLabel(this))
{
    m_name->setObjectName(QStringLiteral("peerName"));
    m_name->setFont(titleFont());
    m_address->setObjectName(QStringLiteral("peerAddress"));
    m_claim->setObjectName(QStringLiteral("peerClaim"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(space::tiny);
    layout->addWidget(m_avatar, 0, Qt::AlignHCenter);
    layout->addSpacing(space::tiny);
    for (ElidedLabel *label : {m_name, m_address, m_claim}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setSecondary(label != m_name);
        layout->addWidget(label);
    }
}

void PeerHeader::setCall(const call::CallSnapshot &call)
{
    const QString person = personOf(call.peer), claim = plain(call.displayName), address = shortAddress(call.peer);
    m_avatar->setPerson(person);
    m_name->setText(person);
    m_address->setText(call.address.isEmpty() ? address : tr("%1, at %2").arg(address, plain(call.address)));
    m_claim->setText(tr("gives its name as “%1”").arg(claim));
    m_claim->setVisible(!claim.isEmpty() && claim.compare(person, Qt::CaseInsensitive) != 0);
}

QString personOf(const QString &identity)
{
    const QString address = shortAddress(identity);
    const QString user = address.section(u'@', 0, 0);
    return user.isEmpty() ? address : user;
}

} // namespace ui
