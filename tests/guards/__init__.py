"""Whether the tests of an invariant notice when its guard is gone."""
