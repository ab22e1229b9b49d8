//! `events.d.ts`: the topics of notifications with the types of their events.
//!
//! It extends an interface of `session.d.ts`, so that a program that imports `purecloud/events` has typed topics, and
//! nobody else pays for the models of events.

use purecloud_definition::model::{Platform, Topic};

use super::placement::Item;
use super::sheet::Writer;
use super::text::{add, property_name};

/// Adds the interface with every topic whose model the package declares.
pub(super) fn topics(writer: &mut Writer, platform: &Platform) {
    writer.out.push_str("declare module \"./session.js\" {\n  interface TopicTypes {\n");
    for topic in &platform.topics {
        let Some(model) = declared(writer, topic) else { continue };
        let mut kind = String::new();
        writer.types.mention(model, &mut kind);
        add(&mut writer.out, format_args!("    {}: {kind};\n", property_name(&topic.name)));
    }
    writer.out.push_str("  }\n}\nexport {};\n");
}

/// The model of a topic's events; a package of some APIs does not declare all of them.
fn declared(writer: &Writer, topic: &Topic) -> Option<Item> {
    let item = Item::Model(topic.model?);
    writer.context.placement.sheet_of(item).map(|_| item)
}
