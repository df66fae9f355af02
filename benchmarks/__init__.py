import os

# Importing pages would start the stand-ins of development, which take CPU time from the measured site.
os.environ.setdefault("TICKETING_DEVSTACK", "false")
