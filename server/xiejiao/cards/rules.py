"""How often passes are asked for."""

import datetime as dt

from xiejiao.quotas.rules import Quota

PASSES = Quota("passes of an account", 30, dt.timedelta(days=1))
"""A phone asks once a week; who loses its store, or has several, more often."""
