// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security_words.h"

#include <QFrame>

class QLabel;
class QToolButton;

namespace ui {

class WarningList;

/// How a call is protected: icon, words and colour, warnings, and behind "Details" what an expert asks for. The only
/// widget that draws call::Security.
class SecurityView : public QFrame
{
    Q_OBJECT
public:
    explicit SecurityView(QWidget *parent = nullptr);

    void setSecurity(const call::Security &security, Tense tense, const QDateTime &now = {});
    /// Moves the countdown to the next renewal.
    void tick(const QDateTime &now);

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeDetails();
    void showWords(const SecurityWords &words);
    void showDetails();
    void applyTone();

    call::Security m_security;
    Tense m_tense = Tense::Future;
    Tone m_tone = Tone::Neutral;
    QString m_iconName;
    QLabel *m_icon;
    QLabel *m_headline;
    QLabel *m_sentence;
    QLabel *m_keys;
    WarningList *m_warnings;
    QToolButton *m_detailsButton;
    QWidget *m_detailsBox;
    QLabel *m_details;
    QLabel *m_fingerprintTitle;
    QLabel *m_fingerprint;
};

} // namespace ui
