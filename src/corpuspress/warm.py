"""What every worker needs, loaded by being imported: for the process that workers are forked from, alone.

Rules, gates and models are 50 MB and a third of a second; forked workers share them. So they do what is made when it
is first asked for, as far as most corpora ask for it: the patterns of English pages, the tables of its characters.
"""

from .frugal import frugal

_TEXT = "By Ann Lee\n\nIt’s been raining in Paris – again, as the town’s records say.\n"


def _load() -> None:
    import numpy as np
    import pyarrow as pa

    from . import deduplicate, describe, press
    from .cleaning import rules
    from .cleaning.suspects import suspects
    from .describe import language_model
    from .parts import leave_pandas_out
    from .recipe import Recipe

    leave_pandas_out()
    pa.array(np.zeros(1))  # numpy's masked arrays are imported
    recipe = Recipe()
    rules.of(()).match([rule.removes[0] for rule in rules.load() if rule.language in ("any", "en")])
    suspects(pa.array([""]), recipe)
    text = press.press_text(_TEXT.encode(), recipe).text
    language_model.load()
    describe.describe([text], [None], [{}])
    deduplicate.sketch([text], recipe.deduplicate)


frugal()
_load()
frugal()
