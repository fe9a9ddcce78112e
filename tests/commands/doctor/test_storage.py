"""What the doctor says of STATE_DIR and of open files."""

import os
from pathlib import Path

import pytest

from app.commands.doctor import storage
from app.commands.doctor.finding import Level
from app.commands.doctor.storage import examine_storage, file_system

MOUNTS = r"""21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:40 / /home rw - nfs4 server:/home rw,vers=4.2
31 30 8:2 / /home/me/my\040disk rw master:2 propagate_from:1 - xfs /dev/sdb1 rw
32 21 0:41 / /mnt rw - ext4 /dev/sdc1 rw
33 21 0:42 / /mnt rw - fuse.sshfs me@there:/ rw
nonsense
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/claude-proxy", "ext4"),
        ("/home/me/.local/state", "nfs4"),
        ("/homely", "ext4"),
        ("/home/me/my disk/state", "xfs"),
        ("/mnt/state", "fuse.sshfs"),
    ],
)
def test_the_nearest_mount_says_on_what_a_folder_is(folder, kind):
    assert file_system(Path(folder), MOUNTS) == kind


def test_a_link_is_followed(tmp_path):
    (tmp_path / "state").symlink_to("/home/me")
    assert file_system(tmp_path / "state", MOUNTS) == "nfs4"


@pytest.mark.parametrize(("kind", "level"), [("nfs4", "warn"), ("ext4", "ok")])
def test_a_network_file_system_is_told(found, tmp_path, monkeypatch, kind, level):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"21 1 8:1 / / rw - {kind} /dev/sda1 rw\n")
    monkeypatch.setattr(storage, "MOUNTS", mounts)
    said = found(examine_storage)["state_filesystem"]
    assert said.level == level
    assert said.seen.startswith(kind)


def test_a_system_that_does_not_tell_is_no_reason_to_fail(found, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "MOUNTS", tmp_path / "none")
    assert found(examine_storage)["state_filesystem"].level is Level.WARN


def test_a_folder_that_is_not_there_yet_is_well(found, tmp_path):
    said = found(examine_storage)["state_dir"]
    assert said.level is Level.OK
    assert not (tmp_path / "state").exists()


def test_a_folder_that_others_can_enter_is_told(found, tmp_path):
    (tmp_path / "state").mkdir(mode=0o755)
    said = found(examine_storage)["state_dir"]
    assert (said.level, "0755" in said.seen) == (Level.WARN, True)


def test_a_folder_of_another_user_is_bad(found, tmp_path, monkeypatch):
    (tmp_path / "state").mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert found(examine_storage)["state_dir"].level is Level.BAD


def test_a_disk_without_room_is_told(found, tmp_path, monkeypatch):
    (tmp_path / "state").mkdir(mode=0o700)
    monkeypatch.setattr(storage, "_LEAST_ROOM", 1 << 60)
    assert found(examine_storage)["state_dir"].remedy.startswith("Make room")


def test_too_few_open_files_are_told(found, monkeypatch):
    monkeypatch.setattr(storage, "connections", lambda wanted: 200)
    said = found(examine_storage)["open_files"]
    assert (said.level, said.seen) == (Level.WARN, "room for 200 of 10000 connections")
