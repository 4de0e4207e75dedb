"""What every worker needs, loaded by being imported: for the process that workers are forked from, alone.

Rules, line model and language model are 50 MB and a third of a second; forked workers share them.
"""

import gc

from .cleaning import line_model, rules
from .describe import language_model
from .parts import leave_pandas_out

leave_pandas_out()
rules.of(())
line_model.load()
language_model.load()
gc.collect()
gc.freeze()
