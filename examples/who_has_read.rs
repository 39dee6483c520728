//! Alice asks who has read her message, Bob answers, and Alice sees it. The README says how to run this.

use seenby_client::{Conversation, Engine, EngineOptions, Event};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (alice, bob) = (sign_in(1).await?, sign_in(2).await?);
    let (mut told_to_alice, mut told_to_bob) = (alice.events(), bob.events());

    let message = alice.create_text_message(&Conversation::group("ward-3"), "Bed 7: penicillin allergy");
    let message = alice.send_message(&message).await?;
    alice.send_group_read_receipt_request(&message).await?;

    while let Some(event) = told_to_bob.next().await {
        if let Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, .. } = event {
            let asked = bob.get_message_by_uid(&conversation, &message_uid).await?;
            bob.send_group_read_receipt_response("ward-3", None, &[asked]).await?;
            if message.message_uid == Some(message_uid) {
                break;
            }
        }
    }
    while let Some(event) = told_to_alice.next().await {
        if let Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, counts, .. } = event
            && message.message_uid == Some(message_uid)
        {
            println!("{} of {} have read it: {respond_user_ids:?}", counts.read, counts.total);
            break;
        }
    }
    Ok(())
}

async fn sign_in(argument: usize) -> Result<Engine, Box<dyn std::error::Error>> {
    let token = std::env::args().nth(argument).ok_or("give two tokens: Alice's and Bob's")?;
    let server = std::env::args().nth(3).unwrap_or("ws://127.0.0.1:7780".into());
    let engine = Engine::create("seenby", EngineOptions { server, ..Default::default() })?;
    engine.connect(token).await?;
    Ok(engine)
}
