// SPDX-License-Identifier: Apache-2.0
#include "method_box.h"

#include "text.h"
#include "widgets.h"

#include <QStandardItemModel>

#include <algorithm>

namespace ui {

namespace {

QStandardItem *automaticItem()
{
    auto *item = new QStandardItem(Words::tr("Automatic"));
    item->setData(QString(), Qt::UserRole);
    item->setToolTip(toolTip(Words::tr("The strongest method that both sides have credentials for")));
    return item;
}

QStandardItem *itemOf(const call::MethodChoice &method)
{
    auto *item = new QStandardItem(plain(method.title));
    item->setData(method.name, Qt::UserRole);
    item->setEnabled(method.available);
    item->setToolTip(toolTip(method.available ? plain(method.rfc) : plain(method.whyNot, sentenceLimit)));
    item->setAccessibleDescription(plain(method.whyNot, sentenceLimit));
    return item;
}

} // namespace

bool sameMethods(const std::vector<call::MethodChoice> &a, const std::vector<call::MethodChoice> &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const call::MethodChoice &one, const call::MethodChoice &other) {
                          return one.name == other.name && one.title == other.title &&
                                 one.available == other.available && one.whyNot == other.whyNot;
                      });
}

MethodBox::MethodBox(QWidget *parent) : QComboBox(parent), m_choices(new QStandardItemModel(this))
{
    describe(this, "method", tr("Method"), tr("How MIKEY agrees the keys of the next call"));
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(12);
    m_choices->appendRow(automaticItem());
    setModel(m_choices);
    connect(this, &QComboBox::currentIndexChanged, this, &MethodBox::describeCurrent);
}

void MethodBox::setMethods(const std::vector<call::MethodChoice> &methods)
{
    if (sameMethods(m_methods, methods))
        return;
    const QString chosen = method();
    m_methods = methods;
    m_choices->setRowCount(1);
    for (const call::MethodChoice &choice : methods)
        m_choices->appendRow(itemOf(choice));
    setCurrentIndex(std::max(0, findData(chosen)));
    describeCurrent();
}

void MethodBox::describeCurrent()
{
    const QStandardItem *item = m_choices->item(std::max(0, currentIndex()));
    setToolTip(item->isEnabled() ? tr("How MIKEY agrees the keys of the next call") : item->toolTip());
    setAccessibleDescription(item->isEnabled() ? QString() : item->accessibleDescription());
}

void MethodBox::showPopup()
{
    Q_EMIT aboutToOpen();
    QComboBox::showPopup();
}

} // namespace ui
