#include "volume/host/backup/manifest.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/sealing.hpp"
#include "disk/disk.hpp"

namespace virga::volume::host::backup {
namespace {

constexpr std::string_view kVersion = "virga-backup 1";
constexpr std::string_view kEnd = "end ";
constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kLongestLine = 16 * 1024 * 1024;  ///< a header names every backup of a chain
constexpr std::size_t kDigestLength = 64;
constexpr std::int64_t kMostBytes = 1LL << 56;  ///< of a volume, and of any place in a file

json::object to_json(const Header& header) {
    json::array owners;
    for (const auto& owner : header.owners) owners.emplace_back(owner);
    return {{"id", header.id},
            {"parent", header.parent},
            {"volume_id", header.volume_id},
            {"size_bytes", header.size_bytes},
            {"chunk_bytes", header.chunk_bytes},
            {"owners", std::move(owners)},
            {"encrypted", header.encrypted},
            {"volume", header.volume}};
}

json::object to_json(const Totals& totals) {
    return {{"chunks", totals.chunks}, {"own_chunks", totals.own_chunks}, {"stored_bytes", totals.stored_bytes}};
}

bool is_digest(std::string_view text) {
    return text.size() == kDigestLength && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// The words of a chunk's line.
std::optional<std::array<std::string_view, 6>> words_of(std::string_view line) {
    std::array<std::string_view, 6> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto end = std::min(line.find(' '), line.size());
        words[i] = line.substr(0, end);
        const bool last = i + 1 == words.size();
        if (words[i].empty() || (end == line.size()) != last) return std::nullopt;
        if (!last) line.remove_prefix(end + 1);
    }
    return words;
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

}  // namespace

ManifestWriter::ManifestWriter(const std::string& path, const Header& header)
    : file_(disk::File::create(path)), own_(static_cast<std::int64_t>(header.owners.size()) - 1) {
    put(std::string(kVersion) + "\n" + json::serialize(to_json(header)) + "\n");
}

void ManifestWriter::put(std::string_view text) {
    hasher_.update(text);
    buffer_ += text;
    if (buffer_.size() >= kBufferBytes) flush();
}

void ManifestWriter::flush() {
    file_.write_at(written_, buffer_);
    written_ += static_cast<std::int64_t>(buffer_.size());
    buffer_.clear();
}

void ManifestWriter::add(const Chunk& chunk) {
    put(std::to_string(chunk.index) + " " + std::to_string(chunk.owner) + " " + std::string(to_string(chunk.codec)) +
        " " + std::to_string(chunk.offset) + " " + std::to_string(chunk.stored_bytes) + " " + chunk.sha256 + "\n");
    ++totals_.chunks;
    if (chunk.owner == own_) ++totals_.own_chunks;
}

Totals ManifestWriter::finish(std::int64_t stored_bytes) {
    totals_.stored_bytes = stored_bytes;
    put(std::string(kEnd) + json::serialize(to_json(totals_)) + " ");
    buffer_ += hasher_.finish() + "\n";
    flush();
    file_.sync();
    return totals_;
}

/// The lines of a file, one after the other, in constant memory.
struct ManifestReader::Lines {
    explicit Lines(const std::string& path) : file(disk::File::open_for_reading(path)) {}

    /// Without its line feed; false at the end of the file or when there is no line feed.
    bool next(std::string& line) {
        for (;;) {
            const auto end = buffer.find('\n', used);
            if (end != std::string::npos) {
                line.assign(buffer, used, end - used);
                used = end + 1;
                return true;
            }
            buffer.erase(0, used);
            used = 0;
            if (buffer.size() > kLongestLine) return false;
            auto more = file.read_at(offset, kBufferBytes);
            if (more.empty()) return false;
            offset += static_cast<std::int64_t>(more.size());
            buffer += more;
        }
    }

    disk::File file;
    std::int64_t offset = 0;
    std::string buffer;
    std::size_t used = 0;
};

ManifestReader::ManifestReader(const std::string& path) : path_(path) {
    verify();
    lines_ = std::make_shared<Lines>(path_);
    std::string line;
    lines_->next(line);
    lines_->next(line);
}

void ManifestReader::damaged(const std::string& why) const {
    throw Error(ErrorCode::Corrupt, "The manifest of the backup is damaged: " + why + ".", path_);
}

void ManifestReader::verify() {
    Lines lines(path_);
    Hasher hasher(HashAlgorithm::Sha256);
    std::string line;
    if (!lines.next(line) || line != kVersion) damaged("it doesn't begin with its version");
    hasher.update(line + "\n");
    if (!lines.next(line)) damaged("it is cut off");
    hasher.update(line + "\n");
    const auto header = line;
    while (lines.next(line)) {
        if (line.starts_with(kEnd)) {
            const auto space = line.rfind(' ');
            hasher.update(std::string_view(line).substr(0, space + 1));
            if (hasher.finish() != line.substr(space + 1)) damaged("its checksum is wrong");
            return read_stored([&] {
                header_ = parse_header(header);
                totals_ = parse_end(line.substr(kEnd.size(), space - kEnd.size()), line.substr(space + 1));
            });
        }
        hasher.update(line);
        hasher.update("\n");
    }
    damaged("it is cut off");
}

Header ManifestReader::parse_header(const std::string& line) const {
    const auto o = parse_object(line);
    Header header{get_string(o, "id"),      get_string(o, "parent"),   get_string(o, "volume_id"),
                  get_int(o, "size_bytes"), get_int(o, "chunk_bytes"), {},
                  get_bool(o, "encrypted"), get_object(o, "volume")};
    for (const auto& owner : get_array(o, "owners")) {
        if (!owner.is_string() || !is_uuid_like(owner.get_string())) damaged("it names an impossible backup");
        header.owners.emplace_back(canonical_uuid(owner.get_string()));
    }
    if (header.chunk_bytes < 4096 || header.chunk_bytes > kMaxChunkBytes || header.size_bytes <= 0 ||
        header.size_bytes > kMostBytes)
        damaged("it gives an impossible size");
    if (header.owners.empty()) damaged("it names no data");
    return header;
}

Totals ManifestReader::parse_end(const std::string& line, const std::string&) const {
    const auto o = parse_object(line);
    const Totals totals{get_int(o, "chunks"), get_int(o, "own_chunks"), get_int(o, "stored_bytes")};
    const bool possible = totals.own_chunks >= 0 && totals.chunks >= totals.own_chunks && totals.stored_bytes >= 0;
    if (!possible || totals.stored_bytes > kMostBytes) damaged("its totals are impossible");
    return totals;
}

Chunk ManifestReader::parse_chunk(const std::string& line) const {
    const auto words = words_of(line);
    if (!words) damaged("a line is not that of a chunk");
    const auto& [index, owner, codec, offset, stored, digest] = *words;
    Chunk chunk;
    const auto read = [&](std::string_view text) {
        const auto number = number_of(text);
        if (!number) damaged("a line has an impossible number");
        return *number;
    };
    chunk.index = read(index);
    chunk.owner = read(owner);
    chunk.offset = read(offset);
    chunk.stored_bytes = read(stored);
    chunk.codec = codec == to_string(Codec::Zstd) ? Codec::Zstd : Codec::Raw;
    chunk.sha256 = digest;
    const auto longest = header_.chunk_bytes + (header_.encrypted ? static_cast<std::int64_t>(kSealBytes) : 0);
    const bool possible = is_digest(digest) && chunk.index > last_index_ &&
                          chunk.index <= (header_.size_bytes - 1) / header_.chunk_bytes &&
                          chunk.owner < static_cast<std::int64_t>(header_.owners.size()) && chunk.stored_bytes > 0 &&
                          chunk.stored_bytes <= longest && chunk.offset <= kMostBytes &&
                          codec == to_string(chunk.codec);
    if (!possible) damaged("it says something impossible of chunk " + std::string(index));
    return chunk;
}

std::optional<Chunk> ManifestReader::next() {
    std::string line;
    if (!lines_->next(line)) damaged("it is cut off");
    if (line.starts_with(kEnd)) return std::nullopt;
    auto chunk = parse_chunk(line);
    last_index_ = chunk.index;
    return chunk;
}

}  // namespace virga::volume::host::backup
