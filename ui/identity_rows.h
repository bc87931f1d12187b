// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"
#include "list_page.h"

/// The rows of the lists of the identity dialog.
namespace ui {

std::vector<ListPage::Row> rowsOf(const std::vector<CertificateInfo> &authorities);
std::vector<ListPage::Row> rowsOf(const std::vector<KnownPeer> &peers);
std::vector<ListPage::Row> rowsOf(const std::vector<RevocationList> &lists);
std::vector<ListPage::Row> rowsOf(const std::vector<KeyServiceInfo> &services);

} // namespace ui
