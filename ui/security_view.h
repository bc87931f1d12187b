// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security_words.h"

#include <QFrame>

class QLabel;

namespace ui {

/// How a call is protected: icon, words and colour. The only widget that draws call::Security.
class SecurityView : public QFrame
{
    Q_OBJECT
public:
    explicit SecurityView(QWidget *parent = nullptr);

    void setSecurity(const call::Security &security, Tense tense);

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void applyTone();

    SecurityWords m_words;
    QLabel *m_icon;
    QLabel *m_headline;
    QLabel *m_sentence;
};

} // namespace ui
