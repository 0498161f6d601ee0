"""What to type for git's commands and options that tdv has under another name."""

from __future__ import annotations

INSTEAD = {
    "cat-file": "`tdv cat REF:PATH` prints a file, `tdv debug cat-object` an object.",
    "check-ignore": "`tdv debug check-ignore PATH` says what `.tdvignore` leaves out.",
    "clean": "`tdv rm --untracked` lists what is not tracked, and with `--yes` removes it; "
    "a `tdv clean` that mends rows comes with a later version.",
    "diff-tree": "`tdv diff A B` compares two revisions.",
    "ls-files": "`tdv ls -r` lists the files of HEAD, `tdv ls -r :` those of the stage.",
    "ls-tree": "`tdv ls REF` lists the files of a revision.",
    "rebase": "tdv rewrites no commits, since models and reports name them: `tdv merge BRANCH` "
    "brings its rows in, `tdv merge --squash BRANCH` as one commit, `tdv cherry-pick REV` takes "
    "single commits.",
    "reflog": "`tdv op log` lists what was done, and `main@{1}` is `main` before its last change.",
    "rev-parse": "`tdv debug rev-parse REV` prints the oid of a commit.",
    "whatchanged": "`tdv log --stat` shows what each commit changed.",
}

_SIDE = "`tdv resolve PATH --ours` or `--theirs` decides the conflicts of a file."
_ENDED = (
    "`tdv merge --abort` takes a merge back; `tdv reset` ends it and leaves the files as they are."
)
_ROWS = (
    "`tdv bisect start BAD GOOD --where \"label == 'x'\"` finds where a row came in, "
    "`tdv log --key K PATH` what changed one."
)
OPTIONS_INSTEAD = {
    "checkout --ours": _SIDE,
    "checkout --theirs": _SIDE,
    "merge --quit": _ENDED,
    "reset --merge": _ENDED,
    "log -S": _ROWS,
    "log -G": _ROWS,
    "log -L": _ROWS,
}
