"""Lets `python -m mockserver` work in a checkout; not shipped."""

from claudemock.__main__ import main

raise SystemExit(main())
