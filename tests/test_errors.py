import errno
import os
import pickle

import pytest

from corpuspress import errors


def subclasses(kind):
    return [kind, *(found for child in kind.__subclasses__() for found in subclasses(child))]


@pytest.mark.parametrize(
    "kind", [kind for kind in subclasses(errors.CorpuspressError) if kind.__module__ == errors.__name__]
)
def test_errors_carry_four_facts_and_cross_processes(kind):
    extra = {"reason": "binary"} if kind is errors.SourceError else {}
    error = kind("a/b.txt", expected="this", found="that", cure="mend it", **extra)
    assert str(error) == "a/b.txt: expected this, found that; mend it"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert vars(again) == vars(error)


def test_the_tree_in_the_docstring_is_the_tree():
    for kind in subclasses(errors.CorpuspressError):
        if kind.__module__ == errors.__name__:
            assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EACCES, "permission"),
        (errno.EEXIST, "choose a folder, not a file"),
        (errno.EIO, "check the disk"),
    ],
)
def test_what_the_disk_says_has_a_cure(number, cure):
    with pytest.raises(errors.StorageError, match=cure) as caught, errors.storage("there", "room"):
        raise OSError(number, os.strerror(number))
    assert (caught.value.path, caught.value.expected) == ("there", "room")
    assert caught.value.found == os.strerror(number)
    with pytest.raises(ValueError, match="another"), errors.storage("there"):
        raise ValueError("another matter")
