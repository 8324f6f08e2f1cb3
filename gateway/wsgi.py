"""What gunicorn loads: one web application for each of its processes."""

from gateway import create_app
from gateway.settings import read

app = create_app(read())
