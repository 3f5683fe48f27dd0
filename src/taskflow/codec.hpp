#pragma once
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"

/// Structs to JSON and back, for what a flow keeps. A struct lists its members once:
///
///     struct ExtendVolume {
///         VolumeId volume;
///         std::int64_t size_gib = 0;
///         template <class Fields>
///         void fields(Fields& field) {
///             field("volume_id", volume);
///             field("size_gib", size_gib);
///         }
///     };
///
/// Names are stored: a flow that began with one version of the program goes on with the next, so that a name is never
/// changed and a new member must do with what it is by default. A missing key leaves the member as it is; unknown keys
/// are ignored; a value of another type throws Error{Corrupt}.
namespace virga::taskflow {

class FieldReader;
class FieldWriter;

template <class T>
concept HasFields = requires(T& object, FieldReader& fields) {
    object.fields(fields);
};
template <class T>
concept HasJson = requires(const T& object, const json::object& source) {
    { object.to_json() } -> std::convertible_to<json::object>;
    { T::from_json(source) } -> std::convertible_to<T>;
};

class FieldReader {
public:
    explicit FieldReader(const json::object& source) : source_(source) {}

    template <class T>
    void operator()(std::string_view name, T& member) {
        const auto* found = source_.if_contains(name);
        if (found != nullptr && !found->is_null()) read(name, member);
    }
    /// Members of a struct that lie among those of the one that holds it.
    template <HasFields T>
    void part(T& member) {
        member.fields(*this);
    }

private:
    void read(std::string_view name, std::string& member) const { member = get_string(source_, name); }
    void read(std::string_view name, std::int64_t& member) const { member = get_int(source_, name); }
    void read(std::string_view name, bool& member) const { member = get_bool(source_, name); }
    void read(std::string_view name, json::object& member) const { member = get_object(source_, name); }
    void read(std::string_view name, json::array& member) const { member = get_array(source_, name); }
    template <class Tag>
    void read(std::string_view name, Id<Tag>& member) const {
        member.value = get_string(source_, name);
    }
    template <HasFields T>
    void read(std::string_view name, T& member) const {
        const auto object = get_object(source_, name);
        FieldReader reader(object);
        member.fields(reader);
    }
    template <HasJson T>
    void read(std::string_view name, T& member) const {
        member = T::from_json(get_object(source_, name));
    }
    template <class T>
    void read(std::string_view name, std::optional<T>& member) const {
        read(name, member.emplace());
    }
    template <class T>
    void read(std::string_view name, std::vector<T>& member) const {
        member.clear();
        for (const auto& item : get_array(source_, name)) {
            const json::object one{{"item", item}};
            FieldReader reader(one);
            reader("item", member.emplace_back());
        }
    }

    const json::object& source_;
};

class FieldWriter {
public:
    explicit FieldWriter(json::object& target) : target_(target) {}

    template <class T>
    void operator()(std::string_view name, T& member) {
        if (auto value = write(member); !value.is_null()) target_[name] = std::move(value);
    }
    template <HasFields T>
    void part(T& member) {
        member.fields(*this);
    }

private:
    static json::value write(const std::string& member) { return json::value(member); }
    static json::value write(std::int64_t member) { return member; }
    static json::value write(bool member) { return member; }
    static json::value write(const json::object& member) { return member; }
    static json::value write(const json::array& member) { return member; }
    template <class Tag>
    static json::value write(const Id<Tag>& member) {
        return json::value(member.value);
    }
    template <HasFields T>
    static json::value write(T& member) {
        json::object object;
        FieldWriter writer(object);
        member.fields(writer);
        return object;
    }
    template <HasJson T>
    static json::value write(const T& member) {
        return member.to_json();
    }
    template <class T>
    static json::value write(std::optional<T>& member) {
        return member ? write(*member) : json::value();
    }
    template <class T>
    static json::value write(std::vector<T>& members) {
        json::array array;
        for (auto& member : members) array.push_back(write(member));
        return array;
    }

    json::object& target_;
};

template <HasFields T>
json::object encode(T object) {
    json::object out;
    FieldWriter writer(out);
    object.fields(writer);
    return out;
}

template <HasFields T>
T decode(const json::object& source) {
    T object;
    FieldReader reader(source);
    object.fields(reader);
    return object;
}

}  // namespace virga::taskflow
