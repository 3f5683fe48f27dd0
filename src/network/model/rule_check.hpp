#pragma once
#include "network/model/types.hpp"

namespace virga::network {

/// Lower case name or number of an IP protocol; empty for "any". Throws Fault SecurityGroupRuleInvalidProtocol (400).
std::string checked_protocol(const std::string& text);
/// Checks ports against the protocol, the remote prefix against the ethertype, and that there is one remote at most;
/// writes the prefix in its usual form. Throws Fault (400).
void check_rule(SecurityGroupRule& rule);
/// Whether both let the same traffic through.
bool is_same_rule(const SecurityGroupRule& a, const SecurityGroupRule& b);

}  // namespace virga::network
