#pragma once
#include <functional>
#include <string>

namespace virga::db {

/// Words between the processes that share a database, beside its transactions: hints that something is to be read. A
/// word is lost when its process ends too early or a connection breaks; who may have missed some is told so.
class Signals {
public:
    /// Called on a thread of the signals: they must neither wait long nor throw.
    struct Heard {
        std::function<void(const std::string& word)> word;  ///< said by another process
        std::function<void()> missed;                       ///< words may have been lost; also called at the beginning
    };

    virtual ~Signals() = default;
    /// Tells the others. Doesn't wait; while a word waits to be sent, it is not taken again. Not empty, and without
    /// line breaks; words longer than kLongestWord bytes are left out.
    virtual void say(const std::string& word) = 0;
    /// From now on, once.
    virtual void begin(Heard heard) = 0;
    /// Returns when what was said is sent (where that is possible at once) and nothing is heard any more.
    virtual void end() = 0;

    static constexpr std::size_t kLongestWord = 1000;
};

}  // namespace virga::db
