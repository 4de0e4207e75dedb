"""What every worker needs, loaded by being imported: for the process that workers are forked from, alone.

Rules, gates and models are 50 MB and a third of a second; forked workers share them.
"""

import gc

import pyarrow as pa

from .cleaning import line_model, rules, tidy
from .cleaning.suspects import suspects
from .describe import language_model
from .model import Line
from .parts import leave_pandas_out
from .recipe import Recipe

leave_pandas_out()
rules.of(())
suspects(pa.array([""]), Recipe())
tidy([Line("")])
line_model.load()
language_model.load()
gc.collect()
gc.freeze()
