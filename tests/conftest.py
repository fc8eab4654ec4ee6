"""For every test: Ctrl-C works in what they start, even where the suite itself runs in the background."""

import signal
import threading

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
