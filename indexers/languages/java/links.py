"""Which call gives the value that a path ends in? The calls of one file, tied to one another and to where lambdas go.

Facts give a call's receiver and arguments as paths, which have no arguments of their own. Extraction emits the calls of
an expression inside out: receiver, arguments, then the call itself; so a stack finds them again.
"""

from __future__ import annotations

from indexers.facts import Call, FileFacts, Flag

_IMPLICIT = int(Flag.IMPLICIT)
WINDOW = 64
"""How far down the stack a call is looked for: those above it belong to arguments that are not followed."""

CALL, ASSIGNMENT, RETURN = range(3)


class CallLinks:
    """receivers: call -> the call that gives its receiver, -1: none. arguments: call -> the calls of its arguments.

    lambdas: scope of a lambda -> (CALL, call, position), (ASSIGNMENT, index, 0) or (RETURN, index, 0).
    values: (scope, text of a call) -> where its value goes, (ASSIGNMENT, index) to a declared variable or (RETURN, index).
    parents: call -> (call, position) that its value, or the method reference that it is, is passed to.
    """

    def __init__(self, facts: FileFacts) -> None:
        self.calls = facts.calls
        self.receivers = [-1] * len(facts.calls)
        self.arguments: dict[int, dict[int, int]] = {}
        self.lambdas: dict[int, tuple[int, int, int]] = {}
        self.parents: dict[int, tuple[int, int]] = {}
        self._named: dict[tuple[int, str], list[int]] = {}
        stack: list[int] = []
        for index, call in enumerate(facts.calls):
            if call.flags & _IMPLICIT or call.callee.startswith("#anonymous"):
                continue
            self._link(index, call, stack)
            stack.append(index)
            self._named.setdefault((call.scope, call.callee), []).append(index)
        self.values: dict[tuple[int, str], tuple[int, int]] = {}
        for index, assignment in enumerate(facts.assignments):
            if assignment.type and assignment.value.endswith(")"):
                self.values[assignment.scope, assignment.value] = (ASSIGNMENT, index)
            if assignment.value.startswith("#lambda@"):
                self.lambdas[int(assignment.value[8:])] = (ASSIGNMENT, index, 0)
        for index, item in enumerate(facts.returns):
            if item.value.endswith(")"):
                self.values[item.scope, item.value] = (RETURN, index)
            if item.value.startswith("#lambda@"):
                self.lambdas[int(item.value[8:])] = (RETURN, index, 0)

    def _link(self, index: int, call: Call, stack: list[int]) -> None:
        for position in range(len(call.arguments) - 1, -1, -1):
            path = call.arguments[position]
            if path.startswith("#lambda@"):
                self.lambdas[int(path[8:])] = (CALL, index, position)
            elif path[0] != "#" or ")" in path:
                found = self._take(path, stack)
                if found >= 0:
                    self.parents[found] = (index, position)
                    self.arguments.setdefault(index, {})[position] = found
        receiver = call.callee.rpartition(".")[0]
        if receiver == "#chain":
            self.receivers[index] = stack.pop() if stack else -1
        elif ")" in receiver:
            self.receivers[index] = self._take(receiver, stack)

    def _take(self, path: str, stack: list[int]) -> int:
        """Take the method reference that a path is, or the call that it ends in, off the stack; -1: there is none."""
        end = path.rfind("()")
        callee = path[:end] if end >= 0 else ""
        written_out = path[-1] != ")"
        for depth in range(len(stack) - 1, max(-1, len(stack) - WINDOW), -1):
            call = self.calls[stack[depth]]
            if call.argument_count < 0:
                is_it = written_out and call.callee == path
            else:
                is_it = end >= 0 and call.callee == callee
            if is_it:
                found = stack[depth]
                del stack[depth:]
                return found
        return -1

    def near(self, scope: int, callee: str, line: int) -> int:
        """Return the call of this text in the scope that stands on the line or first after it; -1: there is none."""
        found = self._named.get((scope, callee))
        if not found:
            return -1
        return next((index for index in found if self.calls[index].line >= line), found[-1])
