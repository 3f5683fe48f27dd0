#pragma once
#include "taskflow/codec.hpp"
#include "taskflow/flow.hpp"

namespace virga::taskflow {

/// What a task of typed flows gets: its flow's data is read once, and held by value, so that what a task applies may
/// keep the whole context. `Data` is what the task needs to know of its flow; a task of several kinds of flow names
/// only the part that all of them have.
template <HasFields Data>
struct FlowContext : TaskContext {
    explicit FlowContext(const TaskContext& context) : TaskContext(context), data(decode<Data>(context.data)) {}

    Data data;
};

/// Base of tasks that know the type of their flow's data. `Base` is Task, or a class of a service that adds to it.
template <HasFields Data, class Base = Task>
class TypedTask : public Base {
public:
    using Base::Base;
    using Context = FlowContext<Data>;

    Outcome execute(const TaskContext& context) final { return execute(Context(context)); }
    RevertOutcome revert(const TaskContext& context, const Failure& failure) final {
        return revert(Context(context), failure);
    }

protected:
    virtual Outcome execute(const Context& context) = 0;
    virtual RevertOutcome revert(const Context&, const Failure&) { return {}; }
};

}  // namespace virga::taskflow
