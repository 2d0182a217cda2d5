"""Words of questions about documents: which mean alike in technical writing, and which say little.

A question says "delete a folder" where the manual says "remove a directory". The groups are common synonyms of English
technical prose, held small: a word stands for every other of its groups, at half its weight.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Protocol

from knowledge.text import stem as light_stem

_ALIKE = """
folder directory
delete remove erase drop
create make build generate
change modify alter edit update
begin start launch
stop end quit terminate kill abort cancel
error exception failure fault
function method routine procedure callable
argument parameter
option flag switch setting
print show display output
find search locate
get fetch retrieve obtain
array list sequence
dict dictionary map mapping hash
string text
suffix extension
password secret credential
user account login
config configuration configure setting setup
env environment
auth authentication authenticate authorization
id identifier
db database
field column attribute
row record tuple
concurrent parallel simultaneous
fast quick performance speed efficient
max maximum limit
min minimum
temp temporary
async asynchronous
sync synchronous
var variable
run execute invoke call
copy duplicate clone
move rename
sort order rank
guess detect deduce infer determine
allow permit enable
forbid deny disable prevent disallow
restrict limit constrain
ignore skip suppress
exclude exclusive
hide mask conceal
restore recover recovery
split divide partition
combine merge join concatenate
replace substitute
send emit dispatch deliver publish
receive consume accept
save store persist keep
load read import
write export dump
test check verify validate assert
picture image
documentation manual
example sample
message event notification
task job
server host daemon
client consumer
wait block
retry repeat
schedule periodic cron
size length
big large huge
small little tiny
whole entire complete
occurrence frequency count
often frequency
link reference url
page document
word token term
letter character
box dialog window
bold highlight emphasis
immutable frozen readonly
lock mutex semaphore
buffer cache
expire expiration timeout
upgrade migrate migration
install setup deploy
version release
secure security safe
dangerous risk unsafe insecure
private hidden internal
default fallback
convert transform cast
parse decode
format encode serialize
compare difference
equal same identical
collect gather aggregate
crash fail die
plugin extension addon
repository repo
command cmd
executable binary program
parent base super
child sub derived
nested recursive recursion
callback hook handler listener
stream pipe
queue channel
header heading title
body content payload
"""

_WEAK = """
everything something anything nothing everyone someone one two first second last next previous again already always never
often sometimes usually still yet ever instead rather quite almost enough certain given particular several various different
own another whole lot many much few little less least right today moment time times away gone back down over under together
way ways thing things kind sort part case happen happens happening happened exist exists existing want wants wanted need
needs needed try tries tried help helps know knows look looks see say says said good bad better best well new old long short
whose whom whether though although however therefore possible available necessary able must shall may might come comes go
goes going keep keeps put puts take takes taken show shows find finds found allow allows work works begin begins mean means
without across along among around behind below above beside beyond during except inside outside near since toward towards
upon via per
"""
ALIKE_WEIGHT = 0.5
WEAK_WEIGHT = 0.3


class Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # the library's name


_own = threading.local()


def _stemmer() -> Stemmer:
    """Return the stemmer of this thread: it keeps the word that it works on, and both analysts search at once."""
    from snowballstemmer.english_stemmer import EnglishStemmer  # start-up time: only questions about documents need it

    if not hasattr(_own, "stemmer"):
        _own.stemmer = EnglishStemmer()
    stemmer: Stemmer = _own.stemmer
    return stemmer


@cache
def stem(word: str) -> str:
    """Return the stem of a lower-case word of prose: `compression` and `compress` share theirs (Porter 2)."""
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return light_stem(word)
    return _stemmer().stemWord(word)


@cache
def _alike() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _ALIKE.split("\n"):
        group = {stem(word) for word in line.split()}
        for one in group:
            found.setdefault(one, set()).update(group - {one})
    return {one: frozenset(others) for one, others in found.items()}


def alike(stemmed: str) -> frozenset[str]:
    """Return the stems that may stand for this one."""
    return _alike().get(stemmed, frozenset())


@cache
def _weak() -> frozenset[str]:
    return frozenset(stem(word) for word in _WEAK.split())


def is_weak(stemmed: str) -> bool:
    """Whether the word says little of what is asked: `everything`, `instead`, `already`."""
    return stemmed in _weak()
