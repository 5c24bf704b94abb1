"""The emulated AWS: moto's server, without a log line for every request.

Run it with `python -m demo.aws ADDRESS PORT`.
"""

import logging
import sys

from moto.server import main

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    main(["-H", sys.argv[1], "-p", sys.argv[2]])
