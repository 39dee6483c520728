"""The vendor's Python SDK, unchanged, against a running Seenby: every method of it that has a path here.

Prints what the next step needs, as JSON.
"""

import json
import os

from rongcloud import RongCloud
from rongcloud.base import RongCloudBase

RongCloudBase.api_host = os.environ["API"]
APP, SECRET = os.environ["APP"], os.environ["SECRET"]


def works(response):
    assert response.ok and response.result["code"] == 200, (response.status, response.result)
    return response.result


def refused(response, status, code):
    assert (response.status, response.result["code"]) == (status, code), (response.status, response.result)


def members(vendor, group):
    return sorted(user["id"] for user in works(vendor.Group.queryUser(group))["users"])


def users(vendor):
    alice = works(vendor.User.getToken("alice", "Alice 爱丽丝", "https://p.example/a?b=1&c=2"))
    bob = works(vendor.User.getToken("bob", "Bob", "https://p.example/b"))
    assert alice["userId"] == "alice" and len(bob["token"]) <= 256
    works(vendor.User.refresh("alice", name="Alice & Co. = 100%"))
    assert works(vendor.User.checkOnline("bob"))["status"] == "0"
    works(vendor.User.block("bob", 1))
    assert [user["userId"] for user in works(vendor.User.queryBlock())["users"]] == ["bob"]
    works(vendor.User.unBlock("bob"))
    return {"alice": alice["token"], "bob": bob["token"]}


def groups(vendor):
    works(vendor.Group.create(["alice", "bob"], "ward-4", "Ward 4"))
    works(vendor.Group.create("alice", "day", "Day shift"))
    works(vendor.Group.join(["carol", "dave"], "ward-4", "Ward 4"))
    assert members(vendor, "ward-4") == ["alice", "bob", "carol", "dave"]
    works(vendor.Group.quit(["carol", "dave"], "ward-4"))
    works(vendor.Group.refresh("ward-4", "Ward four"))
    works(vendor.Group.sync("erin", [("day", "Day & night"), ("y/1", "Y")]))
    assert members(vendor, "day") == ["alice", "erin"] and members(vendor, "y/1") == ["erin"]
    works(vendor.Group.dismiss("erin", "y/1"))


def messages(vendor):
    text = json.dumps({"content": "Bed 7 & 8: 青霉素过敏 100%", "extra": "e"})
    sent = works(vendor.Message.publishGroup("alice", "ward-4", "RC:TxtMsg", text, "push", "data", "1", "1", "1"))
    two = works(vendor.Message.publishGroup("alice", ["ward-4", "day"], "clinic:alarm", json.dumps({"bed": 7})))
    assert [message["groupId"] for message in two["messageUIDs"]] == ["ward-4", "day"]
    return sent["messageUIDs"][0]["messageUID"]


def refusals(vendor):
    refused(vendor.Group.join("bob", "nowhere", "Nowhere"), 400, 1002)
    refused(vendor.Group.join("x" * 65, "ward-4", "Ward 4"), 400, 1005)
    refused(RongCloud(APP, "guessed").User.checkOnline("bob"), 401, 1004)
    refused(RongCloud("nobody", SECRET).User.checkOnline("bob"), 401, 1004)


def main():
    vendor = RongCloud(APP, SECRET)
    tokens = users(vendor)
    groups(vendor)
    uid = messages(vendor)
    refusals(vendor)
    print(json.dumps({"tokens": tokens, "uid": uid}))


main()
