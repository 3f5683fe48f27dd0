#include "base/crypto.hpp"
#include "base/error.hpp"
#include "fuzz/scratch.hpp"
#include "fuzz/targets.hpp"
#include "volume/host/backup/chunk_cipher.hpp"
#include "volume/host/backup/manifest.hpp"

namespace virga::fuzz {
namespace {

using namespace volume::host::backup;

/// A checksum keeps nobody out who may write to the store: the last line gets the right one.
std::string with_checksum(std::string_view text) {
    const auto line = text.rfind("\nend ");
    const auto space = text.rfind(' ');
    if (line == text.npos || space < line + 5) return std::string(text);
    const auto summed = text.substr(0, space + 1);
    return std::string(summed) + hash_hex(HashAlgorithm::Sha256, summed) + "\n";
}

void check(const Header& header, const Chunk& chunk) {
    const auto begin = chunk.index * header.chunk_bytes;
    if (begin < 0 || begin >= header.size_bytes) throw Finding("a chunk outside of the volume");
    if (static_cast<std::size_t>(chunk.owner) >= header.owners.size()) throw Finding("a chunk of nobody's");
    if (chunk.stored_bytes <= 0 || chunk.offset < 0 || chunk.offset + chunk.stored_bytes < 0)
        throw Finding("a chunk at an impossible place");
}

void decrypt(std::string_view stored) {
    static const ChunkCipher cipher{Secret("a passphrase")};
    std::string room;
    cipher.decrypt(stored, "11111111-2222-4333-8444-555555555555", 1, room);
    throw Finding("what nobody encrypted was decrypted");
}

void read_manifest(const std::string& path) {
    ManifestReader reader(path);
    std::int64_t last = -1;
    while (const auto chunk = reader.next()) {
        check(reader.header(), *chunk);
        if (chunk->index <= last) throw Finding("the chunks are not in order");
        last = chunk->index;
    }
}

void expect_corrupt(void (*reader)(const std::string&), const std::string& input) {
    try {
        reader(input);
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::Corrupt) throw Finding("not told to be damaged: " + failure.message());
    }
}

}  // namespace

void backup(std::string_view input) {
    static const Scratch scratch;
    expect_corrupt([](const std::string& stored) { decrypt(stored); }, std::string(input));
    expect_corrupt(read_manifest, scratch.write("manifest", input));
    expect_corrupt(read_manifest, scratch.write("manifest", with_checksum(input)));
}

}  // namespace virga::fuzz
