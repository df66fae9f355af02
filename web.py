"""Serve the site: `python web.py [--host HOST] [--port PORT] [--reload]`."""

import argparse

from ticketing_app.core import server

APP = "ticketing_app.ticketing_app:app"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="web.py", description="Serve the site.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--reload", action="store_true", help="start anew when Python files change")
    arguments = parser.parse_args()
    server.serve(APP, host=arguments.host, port=arguments.port, reload=arguments.reload)
