#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <cstddef>
#include <stdexcept>

namespace virga::http {

/// Gives a parser of Beast what has come. Returns how many bytes it took; `failure` is as of its put(), which by itself
/// throws std::length_error for a field of more than 65,533 bytes: of a head, or of the trailers of a chunked body,
/// which have no other bound than the buffer. That is error::header_limit here.
template <class Parser, class Buffers>
std::size_t feed(Parser& parser, const Buffers& data, boost::beast::error_code& failure) {
    try {
        return parser.put(data, failure);
    } catch (const std::length_error&) {
        failure = boost::beast::http::error::header_limit;
        return 0;
    }
}

}  // namespace virga::http
