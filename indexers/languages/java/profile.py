"""How Java finds types and members: packages, single and on-demand imports, inherited members, overloads by arity.

Sources: The Java Language Specification, chapters 6 (names), 7 (packages) and 15.12 (method invocation).
"""

from __future__ import annotations

from typing import ClassVar

from indexers.facts import Definition, FileFacts, Import
from indexers.languages.java.calls import JavaCalls
from indexers.resolution.choosing import StaticProfile
from indexers.resolution.program import Program

_BUILTINS = """
Appendable ArithmeticException ArrayIndexOutOfBoundsException ArrayStoreException AssertionError AutoCloseable Boolean
Byte CharSequence Character Class ClassCastException ClassLoader ClassNotFoundException CloneNotSupportedException
Cloneable Comparable Deprecated Double Enum Error Exception Float FunctionalInterface IllegalAccessException
IllegalArgumentException IllegalMonitorStateException IllegalStateException IndexOutOfBoundsException
InheritableThreadLocal InstantiationException Integer InterruptedException Iterable LinkageError Long Math
NegativeArraySizeException NoClassDefFoundError NoSuchFieldException NoSuchMethodException NullPointerException Number
NumberFormatException Object OutOfMemoryError Override Package Process ProcessBuilder Readable Record
ReflectiveOperationException Runnable Runtime RuntimeException SafeVarargs SecurityException Short StackOverflowError
StackTraceElement StackWalker StrictMath String StringBuffer StringBuilder StringIndexOutOfBoundsException
SuppressWarnings System Thread ThreadGroup ThreadLocal Throwable UnsupportedOperationException VirtualMachineError
Void boolean byte char double float int long short void
"""
_COMMON_MEMBERS = """
accept add addAll append apply asList build charAt clear clone close collect compare compareTo compute computeIfAbsent
contains containsKey contentEquals copyOf count debug delete endsWith entrySet equals error execute filter findFirst
flatMap flush forEach format get getBytes getCause getClass getKey getMessage getName getOrDefault getValue hasNext
hashCode indexOf info insert intValue invoke isEmpty isPresent iterator join keySet lastIndexOf length limit list map
match matches max min name next notify notifyAll of ofNullable orElse orElseGet ordinal parse peek poll pop print
printf println push put putAll putIfAbsent read remove removeAll removeIf replace replaceAll reset run set size sort
split start startsWith stream sub submit substring test then toArray toList toLowerCase toString toUpperCase trim
update valueOf values wait warn write
"""


class JavaProfile(StaticProfile):
    class_scope_visible: ClassVar[bool] = True
    receiver_names: ClassVar[frozenset[str]] = frozenset({"this"})
    super_names: ClassVar[frozenset[str]] = frozenset({"super"})
    super_calls_constructor: ClassVar[bool] = True
    constructor_is_class_name: ClassVar[bool] = True
    overloads_by_arity: ClassVar[bool] = True
    methods_apart: ClassVar[bool] = True
    fields_are_apart: ClassVar[bool] = True
    idle_bases: ClassVar[frozenset[str]] = frozenset({"java.lang.Enum", "java.lang.Record"})
    imports_are_members: ClassVar[bool] = False
    shared_namespaces: ClassVar[bool] = True
    builtins: ClassVar[frozenset[str]] = frozenset(_BUILTINS.split())
    common_members: ClassVar[frozenset[str]] = frozenset(_COMMON_MEMBERS.split())

    def namespace(self, path: str, facts: FileFacts) -> str:
        return facts.package

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        return [item.module]

    def external_name(self, item: Import) -> str:
        return item.module if item.name == "*" else f"{item.module}.{item.name}".strip(".")

    def static_calls(self, program: Program) -> JavaCalls:
        return JavaCalls(program)

    def is_test_path(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".java")
        return (
            "/test/" in f"/{folder}/"
            or "/tests/" in f"/{folder}/"
            or stem.endswith(("Test", "Tests", "TestCase", "IT"))
            or (stem.startswith("Test") and stem[4:5].isupper())
        )

    def is_test(self, path: str, definition: Definition) -> bool:
        return (
            definition.kind == "method"
            and self.is_test_path(path)
            and definition.name.startswith("test")
            and not definition.parameters
        )


PROFILE = JavaProfile
