//! Reads along as one user: prints each message that arrives and answers each receipt request, until one message has been
//! answered. docs/server-api.md says how to run this.

use seenby_client::{Engine, EngineOptions, Event};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [app, token, server] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "give app key, token and server")?;
    let engine = Engine::create(&app, EngineOptions { server, ..Default::default() })?;
    let mut events = engine.events();
    engine.connect(token).await?;
    while let Some(event) = events.next().await {
        match event {
            Event::MessageReceived { message, .. } => {
                println!("{}: {:?}", message.sender_user_id.unwrap_or_default(), message.content);
            }
            Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, sender_user_id } => {
                let message = engine.get_message_by_uid(&conversation, &message_uid).await?;
                let (target, channel) = (conversation.target_id(), conversation.channel_id());
                engine.send_group_read_receipt_response(target, channel, &[message]).await?;
                println!("answered {message_uid} of {sender_user_id}");
                break;
            }
            _ => {}
        }
    }
    Ok(())
}
