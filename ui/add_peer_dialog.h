// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

class ElidedLabel;

/// Asks for whom a certificate is to be known from now on, and for the certificate or its fingerprint.
class AddPeerDialog : public QDialog
{
    Q_OBJECT
public:
    explicit AddPeerDialog(QWidget *parent);

Q_SIGNALS:
    void fingerprintGiven(const QString &identity, const QString &fingerprint);
    /// `identity` may be empty: the certificate names it.
    void certificateGiven(const QString &identity, const QString &file);

private:
    void chooseCertificate();
    void give();
    void update();

    QLineEdit *m_identity;
    QLineEdit *m_fingerprint;
    QPushButton *m_choose;
    ElidedLabel *m_chosen;
    QLabel *m_hint;
    QPushButton *m_add;
    QString m_file;
};

} // namespace ui
