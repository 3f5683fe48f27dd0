#include "volume/model/key_vault.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/sealing.hpp"
#include "base/small_file.hpp"

namespace virga::volume {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "master key file '" + file + "' " + why);
}

void sync(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw_errno(ErrorCode::Internal, "open " + path, errno);
    const ScopeExit close([fd] { ::close(fd); });
    if (::fsync(fd) != 0) throw_errno(ErrorCode::Internal, "sync " + path, errno);
}

// Written under another name, so that the file is complete or not there.
void make(const std::string& file) {
    std::string key(kSealingKeyBytes, '\0');
    random_bytes(key.data(), key.size());
    const auto part = file + ".part";
    ::unlink(part.c_str());
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) throw_errno(ErrorCode::Internal, "make " + part, errno);
    {
        const ScopeExit close([fd] { ::close(fd); });
        const auto text = base64_encode(key) + "\n";
        if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            throw_errno(ErrorCode::NoSpace, "write " + part, errno);
    }
    sync(part);
    if (::rename(part.c_str(), file.c_str()) != 0) throw_errno(ErrorCode::Internal, "rename " + part, errno);
    sync(std::filesystem::path(file).parent_path().string());
}

Secret read(const std::string& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) refuse(file, "is missing: the keys of volumes can't be opened without it");
    if (!S_ISREG(info.st_mode)) refuse(file, "is no file");
    if ((info.st_mode & 077) != 0) refuse(file, "must be readable by its owner only (mode 0600)");
    std::string key;
    if (!base64_decode(read_small_file(file).value_or(""), key) || key.size() != kSealingKeyBytes)
        refuse(file, "must hold 32 bytes in base64");
    return Secret(std::move(key));
}

}  // namespace

KeyVault::KeyVault(const std::string& file, bool may_make) {
    if (may_make && !std::filesystem::exists(file)) make(file);
    master_ = read(file);
}

void KeyVault::check(const std::string& file) {
    if (std::filesystem::exists(file)) read(file);
}

Secret KeyVault::new_key() {
    return Secret(random_token(kSealingKeyBytes));
}

Secret KeyVault::derived(const std::string& purpose) const {
    return Secret(hmac_sha256_hex(master_.reveal(), purpose));
}

std::string KeyVault::sealed(const std::string& id, const Secret& key) const {
    return base64_encode(seal(master_, key.reveal(), id));
}

std::string KeyVault::fingerprint() const {
    constexpr std::size_t kDigits = 32;
    return hmac_sha256_hex(master_.reveal(), "fingerprint").substr(0, kDigits);
}

Secret KeyVault::opened(const std::string& id, const std::string& sealed) const {
    std::string bytes;
    if (!base64_decode(sealed, bytes)) throw Error(ErrorCode::Corrupt, "the sealed key " + id + " is damaged");
    try {
        return Secret(unseal(master_, bytes, id));
    } catch (const Error& failure) {
        throw Error(failure.code(), "The key " + id + " can't be opened with this cloud's master key.",
                    failure.message(), id);
    }
}

}  // namespace virga::volume
