"""Addresses of push subscriptions: only those of push services are called."""

import pytest

from ticketing_app.notices import rules


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dQw4:APA91b_x-y",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-by3p.notify.windows.com/w/?token=BQYAAA%2fx%3d",
    ],
)
def test_allows_push_services(endpoint: str) -> None:
    assert rules.is_push_service(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/fcm/send/x",
        "https://evil.example/fcm.googleapis.com/",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://notify.windows.com/x",
        "https://evilnotify.windows.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://user:password@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example#@fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\n",
        "file:///etc/passwd",
    ],
)
def test_refuses_all_others(endpoint: str) -> None:
    assert not rules.is_push_service(endpoint)
