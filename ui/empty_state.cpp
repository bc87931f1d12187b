// SPDX-License-Identifier: Apache-2.0
#include "empty_state.h"

#include "theme.h"
#include "widgets.h"

#include <QAbstractItemView>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

void setEmptyText(QAbstractItemView *view, const QString &text)
{
    QLabel *label = secondaryLabel(view->viewport(), text);
    label->setForegroundRole(QPalette::WindowText); // not the viewport's, or the label's own colour has no effect
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    label->setAttribute(Qt::WA_TransparentForMouseEvents);
    auto *layout = new QVBoxLayout(view->viewport());
    layout->setContentsMargins(space::large, space::small, space::large, space::small);
    layout->addWidget(label);

    const QAbstractItemModel *model = view->model();
    const auto update = [label, model] { label->setVisible(model->rowCount() == 0); };
    for (const auto changed : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        QObject::connect(model, changed, label, update);
    QObject::connect(model, &QAbstractItemModel::modelReset, label, update);
    update();
}

} // namespace ui
