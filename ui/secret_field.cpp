// SPDX-License-Identifier: Apache-2.0
#include "secret_field.h"

#include <QLineEdit>

namespace ui {

mikey::Secret takeSecret(QLineEdit &field)
{
    QString text = field.text();
    field.clear();
    QByteArray octets = text.toUtf8();
    text.fill(QChar(0));
    mikey::Secret secret(
        mikey::ByteView(reinterpret_cast<const std::uint8_t *>(octets.constData()), std::size_t(octets.size())));
    octets.fill(0);
    return secret;
}

} // namespace ui
