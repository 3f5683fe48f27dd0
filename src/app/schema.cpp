#include "app/schema.hpp"

#include "compute/service.hpp"
#include "hostkeys/service.hpp"
#include "identity/service.hpp"
#include "image/service.hpp"
#include "network/service.hpp"
#include "taskflow/runner.hpp"
#include "volume/service.hpp"

namespace virga::app {

const std::vector<db::Migration>& migrations() {
    static const auto all = [] {
        std::vector<db::Migration> steps;
        for (const auto* list :
             {&taskflow::migrations(), &identity::migrations(), &image::migrations(), &volume::migrations(),
              &network::migrations(), &compute::migrations(), &hostkeys::migrations()})
            steps.insert(steps.end(), list->begin(), list->end());
        return steps;
    }();
    return all;
}

}  // namespace virga::app
