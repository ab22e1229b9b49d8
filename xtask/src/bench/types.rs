//! `tsc` on a program of six lines that uses one API. Budget: 1.5 s and 150 MB.

use std::path::Path;

use super::{Entry, compare, generate::release_package};
use crate::process::command;
use crate::{Outcome, root, target};

/// The program against our types; `API` and `CALL` are filled in.
const OURS: &str = r#"import { PureCloudSession } from "purecloud/session";
import { API } from "purecloud/SUBPATH";
const session = new PureCloudSession("mypurecloud.ie");
session.authToken("token");
const api = new API(session);
api.CALL().then((answer) => console.log(answer));
"#;

/// The same program against the types of today's official SDK.
const OFFICIAL: &str = r#"import platformClient from "purecloud-platform-client-v2";
const client = platformClient.ApiClient.instance;
client.setEnvironment("mypurecloud.ie");
client.setAccessToken("token");
const api = new platformClient.API();
api.CALL().then((answer: unknown) => console.log(answer));
"#;

/// Class, subpath and an operation without required arguments, light and heavy APIs alike.
const APIS: [(&str, &str, &str); 4] = [
    ("UsersApi", "users", "getUsersMe"),
    ("AuthorizationApi", "authorization", "getAuthorizationRoles"),
    ("RoutingApi", "routing", "getRoutingQueues"),
    ("ConversationsApi", "conversations", "getConversations"),
];

pub(super) fn run(runs: usize) -> Outcome {
    let (_, package) = release_package()?;
    let projects = target().join("bench-types");
    for compiler in ["typescript", "typescript5"] {
        let tsc = root().join("acceptance/node_modules").join(compiler).join("bin/tsc");
        let empty = projects.join("empty");
        write(&empty, "export {};\n", &package)?;
        let check = |project: &Path| {
            let mut tsc = command("node", &[&tsc.display().to_string(), "-p", "."]);
            tsc.current_dir(project);
            tsc
        };
        // What the compiler needs for its own library, whatever the program is.
        let mut entries = vec![Entry::new("an empty file", check(&empty))];
        for (api, subpath, call) in APIS {
            let fill =
                |program: &str| program.replace("API", api).replace("SUBPATH", subpath).replace("CALL", call);
            for (whose, program) in [("ours", OURS), ("official", OFFICIAL)] {
                if whose == "official" && api != "UsersApi" {
                    continue;
                }
                let project = projects.join(format!("{api}-{whose}"));
                write(&project, &fill(program), &package)?;
                entries.push(Entry::new(format!("{api}, {whose}"), check(&project)));
            }
        }
        let title = format!("Check six lines with {compiler}: budget 1,500 ms, 150 MB");
        compare(&title, runs.min(5), &entries, false)?;
    }
    Ok(())
}

/// A project with the program, strict settings and both packages.
fn write(project: &Path, program: &str, package: &Path) -> Outcome {
    let modules = project.join("node_modules");
    let settings = r#"{"compilerOptions":{"module":"nodenext","target":"es2022","strict":true,"skipLibCheck":false,
        "noEmit":true,"types":[],"esModuleInterop":true,"allowSyntheticDefaultImports":true,"lib":["es2022","dom"]},"files":["main.mts"]}"#;
    let official = root().join("acceptance/node_modules/purecloud-platform-client-v2");
    std::fs::create_dir_all(&modules)
        .and_then(|()| std::fs::write(project.join("main.mts"), program))
        .and_then(|()| std::fs::write(project.join("tsconfig.json"), settings))
        .and_then(|()| link(package, &modules.join("purecloud")))
        .and_then(|()| link(&official, &modules.join("purecloud-platform-client-v2")))
        .map_err(|error| format!("{}: {error}", project.display()))
}

fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_file(link);
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_dir(target, link);
}
