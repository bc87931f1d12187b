// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>
#include <QString>

class QGridLayout;
class QLabel;

namespace ui {

class Actions;

/// A peer showed another certificate than the one it is known by, and the call was refused.
struct CertificateChange
{
    QString identity;
    QString known; ///< fingerprints in hexadecimal
    QString shown;
};

/// Tells of the change in red, with both fingerprints, what to do about it, and the way to accept the new one.
class CertificateChangeView : public QFrame
{
    Q_OBJECT
public:
    explicit CertificateChangeView(Actions &actions, QWidget *parent = nullptr);

    void setChange(const CertificateChange &change);

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QLabel *addFingerprint(QGridLayout *grid, const char *name, const QString &title);
    void applyTone();

    QLabel *m_icon;
    QLabel *m_headline;
    QLabel *m_meaning;
    QLabel *m_known;
    QLabel *m_shown;
    QLabel *m_advice;
    QList<QLabel *> m_texts;
};

} // namespace ui
