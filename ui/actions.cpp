// SPDX-License-Identifier: Apache-2.0
#include "actions.h"

#include "icons.h"

#include <QAction>
#include <QKeySequence>

namespace ui {

namespace {

struct Command
{
    const char *name; ///< objectName; the button of it is "<name>Button"
    QString text;
    QString toolTip;
    const char *icon = nullptr;
    const char *key = nullptr;  ///< shortcut
    const char *hint = nullptr; ///< a key that the window hands out by situation, told but not set here
    bool filled = false;        ///< its button is filled with a colour, so its icon is white
    bool checkable = false;
};

QAction *make(QObject *parent, const Command &command)
{
    auto *action = new QAction(command.text, parent);
    action->setObjectName(QLatin1String(command.name));
    const QString key = QLatin1String(command.key ? command.key : command.hint);
    action->setData(key);
    action->setToolTip(key.isEmpty() ? command.toolTip : QStringLiteral("%1 (%2)").arg(command.toolTip, key));
    action->setWhatsThis(action->toolTip());
    if (command.key)
        action->setShortcut(QKeySequence(QLatin1String(command.key)));
    if (command.icon) {
        const QString name = QLatin1String(command.icon);
        action->setIcon(command.filled ? icon(name, Qt::white) : icon(name));
        action->setIconVisibleInMenu(false);
    }
    action->setCheckable(command.checkable);
    return action;
}

} // namespace

Actions::Actions(QObject *parent) : QObject(parent)
{
    call = make(this, {.name = "call",
                       .text = tr("&Call"),
                       .toolTip = tr("Call the address in the dial field"),
                       .icon = "call",
                       .hint = "Enter",
                       .filled = true});
    dialField = make(this, {.name = "dialField",
                            .text = tr("Go to the &dial field"),
                            .toolTip = tr("Type whom to call"),
                            .key = "Ctrl+N"});
    answer = make(this, {.name = "answer",
                         .text = tr("&Answer"),
                         .toolTip = tr("Answer the incoming call"),
                         .icon = "call",
                         .hint = "Enter",
                         .filled = true});
    decline = make(this, {.name = "decline",
                          .text = tr("D&ecline"),
                          .toolTip = tr("Decline the incoming call"),
                          .icon = "end",
                          .hint = "Esc",
                          .filled = true});
    end = make(this, {.name = "end",
                      .text = tr("&End"),
                      .toolTip = tr("End this call"),
                      .icon = "end",
                      .hint = "Esc",
                      .filled = true});
    askEnd = make(this, {.name = "askEnd", .text = tr("End after a question"), .toolTip = tr("End this call")});
    mute = make(this, {.name = "mute",
                       .text = tr("&Mute"),
                       .toolTip = tr("Send silence instead of the microphone"),
                       .icon = "microphone",
                       .key = "M",
                       .checkable = true});
    renewKeys = make(this, {.name = "renewKeys",
                            .text = tr("&Renew keys"),
                            .toolTip = tr("Agree on new keys now, while the call goes on"),
                            .icon = "renew",
                            .key = "Ctrl+R"});
    identity = make(this, {.name = "identityAction",
                           .text = tr("&Identity and certificates…"),
                           .toolTip = tr("Who you are to others, and whose certificates you trust"),
                           .icon = "certificate",
                           .key = "Ctrl+,"});
    acceptCertificate = make(this, {.name = "acceptCertificate",
                                    .text = tr("Accept the new certificate…"),
                                    .toolTip = tr("Know this peer by the new certificate, after a question")});
    dismiss = make(this, {.name = "dismiss",
                          .text = tr("C&lose this call's view"),
                          .toolTip = tr("Close the view of this call; it stays in the list of calls"),
                          .icon = "close",
                          .hint = "Esc"});
    dismiss->setIconText(tr("Close"));
    again = make(this, {.name = "again",
                        .text = tr("Call a&gain"),
                        .toolTip = tr("Call the same address again"),
                        .icon = "call",
                        .filled = true});
    keyPanel = make(this, {.name = "keyPanel",
                           .text = tr("&Key panel"),
                           .toolTip = tr("Show the exchange, its payloads and the keys"),
                           .icon = "key",
                           .key = "F9",
                           .checkable = true});
    callList = make(this, {.name = "callList",
                           .text = tr("Ca&lls of this session"),
                           .toolTip = tr("Show the list of calls"),
                           .key = "F8",
                           .checkable = true});
    showExchange = make(this, {.name = "showExchange",
                               .text = tr("&Exchange"),
                               .toolTip = tr("Go to the messages of the call"),
                               .key = "Ctrl+1"});
    showPayloads = make(this, {.name = "showPayloads",
                               .text = tr("&Payloads"),
                               .toolTip = tr("Go to the payloads of the message selected"),
                               .key = "Ctrl+2"});
    showKeys =
        make(this, {.name = "showKeys", .text = tr("Ke&ys"), .toolTip = tr("Go to the keys in use"), .key = "Ctrl+3"});
    quit = make(this, {.name = "quit", .text = tr("&Quit"), .toolTip = tr("Close Latchkey"), .key = "Ctrl+Q"});
    about = make(this, {.name = "about", .text = tr("&About Latchkey"), .toolTip = tr("What this program is")});
}

QString Actions::keyHint(const QAction *action)
{
    return action->data().toString();
}

} // namespace ui
