"""An OAuth 2.0 server on loopback: django-oauth-toolkit, with Django's own sign-in (alice, bob; the password is `password`).

It still knows the implicit grant, answers it in the fragment, and has the device grant. Refresh tokens rotate; what one that
is used twice costs depends on the client. E2E_CALLBACK is the base of the redirect URIs; the client NAME has
BASE/callback/NAME. E2E_STATE is a directory of this run. /e2e is for the test alone: it tells how often our binary has
asked for tokens. Prints `ready URL`, and ends when its standard input does.
"""

import os
import socketserver
import sys
import threading
import time
import wsgiref.simple_server
from collections import Counter, defaultdict
from pathlib import Path

import django
from django.conf import settings

CALLBACK = os.environ["E2E_CALLBACK"]
STATE = Path(os.environ["E2E_STATE"])

# The first access token of a grant lives for seconds here; its successors live for an hour. In the second of them a refresh
# token that is used twice ends all that came of the same login.
BRIEF = {"django-rotate": 8, "django-protected": 8}
PROTECTED = "django-protected"

# How often our binary has asked, by client and grant type.
ASKED = defaultdict(Counter)

SIGN_IN = """<!doctype html><title>Sign in</title><h1>Sign in</h1>
<form method="post">{% csrf_token %}{{ form.as_p }}<button type="submit">Sign in</button></form>"""


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


def life(request):
    first = request.grant_type != "refresh_token"
    return BRIEF.get(request.client.client_id, 3600) if first else 3600


def count(get_response):
    def answer(request):
        if request.path != "/o/token/" or not request.headers.get("User-Agent", "").startswith("grantkeep/"):
            return get_response(request)
        asked, grant_type = ASKED[request.POST.get("client_id")], request.POST.get("grant_type")
        asked[grant_type] += 1
        first = grant_type == "refresh_token" and asked[grant_type] == 1
        response = get_response(request)
        # Done, but the first answer takes a while: all who begin at once have begun by then.
        time.sleep(1 if first else 0)
        return response

    return answer


server = wsgiref.simple_server.make_server("127.0.0.1", 0, None, server_class=Server)
BASE = f"http://127.0.0.1:{server.server_port}"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": STATE / "django.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    LOGIN_URL="/sign_in/",
    MIDDLEWARE=[
        "__main__.count",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    OAUTH2_PROVIDER={
        "ALLOWED_SCHEMES": ["http", "https"],
        "DEVICE_FLOW_INTERVAL": 1,
        "EXTRA_SERVER_KWARGS": {"token_expires_in": life},
        "OAUTH2_VALIDATOR_CLASS": "__main__.Validator",
        "OAUTH_DEVICE_VERIFICATION_URI": f"{BASE}/o/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": lambda code: f"{BASE}/o/device/?user_code={code}",
        "PKCE_REQUIRED": True,
        "ROTATE_REFRESH_TOKEN": True,
        "SCOPES": {"read": "See what you have", "write": "Change what you have"},
    },
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF="__main__",
    SECRET_KEY="the cookies of one run",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": SIGN_IN}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402
from oauth2_provider.settings import oauth2_settings  # noqa: E402
from oauth2_provider.views.generic import ProtectedResourceView  # noqa: E402


class Validator(OAuth2Validator):
    """The toolkit's own, with one of its settings by client."""

    def validate_refresh_token(self, refresh_token, client, request, *args, **kwargs):
        oauth2_settings.REFRESH_TOKEN_REUSE_PROTECTION = client.client_id == PROTECTED
        return super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)


class Me(ProtectedResourceView):
    """Whom a token speaks for."""

    def get(self, request):
        user = request.resource_owner
        return JsonResponse({"sub": str(user.pk), "preferred_username": user.username})


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("sign_in/", LoginView.as_view()),
    path("api/me", Me.as_view()),
    path("e2e", lambda request: JsonResponse({"asked": ASKED})),
]


def client(name, kind, grant, **rest):
    Application.objects.create(
        name=name,
        client_id=name,
        client_type=kind,
        authorization_grant_type=grant,
        redirect_uris=f"{CALLBACK}/callback/{name}",
        **rest,
    )


call_command("migrate", verbosity=0)
for name in ("alice", "bob"):
    User.objects.create_user(name, password="password")
for name in ("django-code", *BRIEF):
    client(name, Application.CLIENT_CONFIDENTIAL, Application.GRANT_AUTHORIZATION_CODE, client_secret="known to the test")
client("django-implicit", Application.CLIENT_PUBLIC, Application.GRANT_IMPLICIT)
client("django-device", Application.CLIENT_PUBLIC, Application.GRANT_DEVICE_CODE)

server.set_app(get_wsgi_application())
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"ready {BASE}", flush=True)
sys.stdin.read()
