#include "taskflow/peers.hpp"

namespace virga::taskflow {

void Peers::begin(Heard heard) {
    if (!signals_) return;
    heard_ = std::move(heard);
    signals_->begin({[this](const std::string& word) { hear(word); }, [this] { heard_.missed(); }});
}

void Peers::end() {
    if (signals_) signals_->end();
}

void Peers::say(const char* what, const std::string& of) {
    if (signals_) signals_->say(std::string(what) + ' ' + of);
}

/// Words of a later version are passed over.
void Peers::hear(const std::string& word) {
    const auto space = std::min(word.find(' '), word.size());
    const auto what = word.substr(0, space);
    const auto of = word.substr(std::min(space + 1, word.size()));
    if (what == "cancelled") heard_.cancelled(FlowId(of));
    if (what == "ended") heard_.ended(FlowId(of));
    if (what == "free") heard_.free();
    if (what == "follow") heard_.follow(of);
    if (what == "changed") heard_.changed(of);
}

}  // namespace virga::taskflow
