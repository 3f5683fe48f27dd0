#pragma once
#include <memory>

#include "volume/host/drivers/driver.hpp"

namespace virga::volume::host::test {

/// The key of every encrypted volume of these tests.
const Secret& test_key();

/// A driver whose volumes are all encrypted by test_key(): each call has the keys that control would give.
std::unique_ptr<Driver> with_keys(std::unique_ptr<Driver> driver);

}  // namespace virga::volume::host::test
