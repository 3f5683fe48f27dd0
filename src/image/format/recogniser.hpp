#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "image/format/sample.hpp"

namespace virga::image::format {

/// Knows one format. Stateless; looks at the sample only.
class Recogniser {
public:
    virtual ~Recogniser() = default;
    virtual std::string_view name() const = 0;
    /// True when the content carries this format's signature and is long enough for its header.
    virtual bool matches(const Sample& sample) const = 0;
    /// Refuses (Error{InvalidInput}) what is dangerous or not understood; returns the virtual size in bytes when the
    /// header tells it. Only called when matches() is true.
    virtual std::optional<std::int64_t> check(const Sample& sample) const = 0;
};

class Qcow2 : public Recogniser {
public:
    std::string_view name() const override { return "qcow2"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

class Qed : public Recogniser {
public:
    std::string_view name() const override { return "qed"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

class Vmdk : public Recogniser {
public:
    std::string_view name() const override { return "vmdk"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

/// Dynamic VHDs carry their footer at the start too; fixed ones only at the end.
class Vhd : public Recogniser {
public:
    std::string_view name() const override { return "vhd"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
    /// The only sign is the footer: what stands before it is a disk's content, which may well begin with a partition
    /// table.
    static bool is_fixed(const Sample& sample);
};

class Vhdx : public Recogniser {
public:
    std::string_view name() const override { return "vhdx"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
    /// Where the metadata table stands, for Sample::extra.
    static std::optional<Range> metadata_range(std::string_view head);
};

class Vdi : public Recogniser {
public:
    std::string_view name() const override { return "vdi"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

class Iso : public Recogniser {
public:
    std::string_view name() const override { return "iso"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

/// A raw disk with an MBR or GPT partition table.
class Gpt : public Recogniser {
public:
    std::string_view name() const override { return "gpt"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

class Luks : public Recogniser {
public:
    std::string_view name() const override { return "luks"; }
    bool matches(const Sample& sample) const override;
    std::optional<std::int64_t> check(const Sample& sample) const override;
};

/// Every recogniser there is.
const std::array<const Recogniser*, 9>& recognisers();

}  // namespace virga::image::format
