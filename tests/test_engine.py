import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from corpuspress import engine as engine_module
from corpuspress.engine import Local, Serial, WorkerLostError, foreseen, give_back
from corpuspress.recipe import Recipe


def double(number: int) -> int:
    return 2 * number


def fail_on_five(number: int) -> int:
    if number == 5:
        raise ValueError("five")
    return number


def die_once(task: tuple[int, str]) -> int:
    number, flag = task
    if number == 4 and not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_always(number: int) -> int:
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def touched(path: str) -> str:
    Path(path).touch()
    return path


def slow(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def test_serial_and_local_give_the_same_results():
    with Local(2) as engine:
        assert sorted(engine.map(double, range(20))) == list(Serial().map(double, range(20)))


def test_fewer_than_three_tasks_start_no_process():
    with Local(2) as engine:
        assert list(engine.map(slow, range(2))) == [os.getpid()] * 2
        assert list(engine.map(slow, range(5))) == [os.getpid()] * 5
    with Local(2) as engine:
        assert os.getpid() not in engine.map(slow, range(3))
        assert list(engine.map(slow, range(2))) == [os.getpid()] * 2
        assert os.getpid() not in engine.map(slow, range(3))


def test_processes_are_foreseen_where_there_is_much_to_do(tmp_path, monkeypatch):
    begun: list[bool] = []
    monkeypatch.setattr(engine_module.forkserver, "ensure_running", lambda: begun.append(True))
    monkeypatch.setattr(engine_module, "cores", lambda: 4)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.txt").write_bytes(b"x" * 600)
    (tmp_path / "two.txt").write_bytes(b"x" * 600)
    assert [foreseen([tmp_path], workers) for workers in (None, 1, 2)] == [1, 1, 2]
    assert foreseen([tmp_path / "not there"], None) == 1
    assert not begun
    monkeypatch.setattr(engine_module, "LITTLE", 1000)
    assert [foreseen([tmp_path / "two.txt"], None), foreseen([tmp_path], 1)] == [1, 1]
    assert not begun
    assert [foreseen([tmp_path], None), foreseen([tmp_path], 2), foreseen(["-"], None)] == [4, 2, 4]
    assert len(begun) == 3 * (sys.platform == "linux")


def test_workers_that_have_done_much_make_room_for_others(monkeypatch):
    monkeypatch.setattr(engine_module, "MANY", 8)
    with Local(2) as engine:
        first = set(engine.map(slow, range(4)))
        assert first & set(engine.map(slow, range(6)))
        assert not first & set(engine.map(slow, range(4)))


def test_an_error_of_a_task_reaches_the_caller():
    with pytest.raises(ValueError, match="five"), Local(2) as engine:
        list(engine.map(fail_on_five, range(20)))


def test_a_killed_worker_loses_nothing(tmp_path, capsys):
    with Local(2) as engine:
        results = sorted(engine.map(die_once, [(number, str(tmp_path / "flag")) for number in range(12)]))
    assert results == list(range(12))
    assert "killed by the system" in capsys.readouterr().err


def test_a_task_that_always_kills_its_worker_is_named():
    with pytest.raises(WorkerLostError, match=r"^4:"), Local(2) as engine:
        list(engine.map(die_always, range(12)))


def test_a_map_is_carried_out_while_another_is_under_way(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_module, "MANY", 4)
    with Local(2) as engine:
        first = engine.map(touched, [str(tmp_path / str(number)) for number in range(12)])
        # Of two workers one may be slow to begin, and is stopped when the other dies.
        deadline = time.monotonic() + 60
        while not (tmp_path / "0").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        second = sorted(engine.map(die_once, [(number, str(tmp_path / "flag")) for number in range(12)]))
        assert second == list(range(12))
        assert (tmp_path / "0").exists()
        assert sorted(first) == sorted(str(tmp_path / str(number)) for number in range(12))


def test_tasks_are_drawn_as_they_are_needed():
    drawn = []

    def tasks():
        for number in range(100):
            drawn.append(number)
            yield number

    with Local(2) as engine:
        results = engine.map(double, tasks())
        next(results)
        assert len(drawn) < 12
        results.close()


def test_arrays_are_made_without_pandas_and_data_frames_with_it():
    code = (
        "import sys, pyarrow as pa; from corpuspress.parts import leave_pandas_out; leave_pandas_out(); "
        "pa.array(['a']); first = 'pandas' in sys.modules; pa.table({'a': [1]}).to_pandas(); "
        "print(first, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def loaded(_: int) -> tuple[str, bool]:
    from corpuspress.cleaning import rules

    misses = rules.of.cache_info().misses
    rules.of(Recipe().boilerplate.rules)
    return sys.platform, rules.of.cache_info().misses == misses == 1


def test_workers_are_forked_with_the_rules_in_memory():
    with Local(2) as engine:
        found = set(engine.map(loaded, range(6)))
    assert all(warm or system in ("darwin", "win32") for system, warm in found)


@pytest.mark.parametrize("chosen", ["", "mimalloc"])
def test_all_of_a_process_share_one_allocator_unless_another_is_asked_for(chosen):
    code = """
from corpuspress.frugal import frugal
frugal()
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""
    env = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    env |= {"ARROW_DEFAULT_MEMORY_POOL": chosen} if chosen else {}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (chosen or "system")


def test_free_memory_goes_back_and_what_is_in_use_stays():
    kept, lost = pa.array(["a"] * 100_000), pa.array(["b"] * 1_000_000)
    del lost
    give_back()
    assert kept.value_counts().to_pylist() == [{"values": "a", "counts": 100_000}]
