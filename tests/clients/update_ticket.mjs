// The documentation's JavaScript example as it stands, but that the answer is printed at the end;
// the test puts in address, key and ticket.
import axios from 'axios';

async function updateTicket(ticketId, updates) {
  try {
    const response = await axios.put(
      `https://api.ayra.ai/v1/tickets/${ticketId}`,
      updates,
      {
        headers: {
          'Authorization': 'Bearer sk_live_abc123xyz789',
          'Content-Type': 'application/json'
        }
      }
    );

    console.log('Ticket updated:', ticketId);
    return response.data;
  } catch (error) {
    console.error('Error updating ticket:', error.response.data);
    throw error;
  }
}

const ticket = await updateTicket('ticket_abc123', {
  status: 'resolved',
  internal_note: 'Refund processed successfully.'
});

console.log(JSON.stringify(ticket));
