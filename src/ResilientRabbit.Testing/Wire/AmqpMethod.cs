namespace ResilientRabbit.Testing;

/// <summary>A method of AMQP 0-9-1 with RabbitMQ's extensions: what a fault waits for and what the journal names.</summary>
/// <remarks>The value is the class number times 65536 plus the method number.</remarks>
public enum AmqpMethod
{
    /// <summary>No method: a heartbeat, a protocol header or bytes that are no frame.</summary>
    None = 0,

    /// <summary><c>connection.start</c>: the server offers its properties and mechanisms.</summary>
    ConnectionStart = (10 << 16) | 10,

    /// <summary><c>connection.start-ok</c>: the client answers with its properties and credentials.</summary>
    ConnectionStartOk = (10 << 16) | 11,

    /// <summary><c>connection.secure</c>: the server asks for more credentials.</summary>
    ConnectionSecure = (10 << 16) | 20,

    /// <summary><c>connection.secure-ok</c>: the client answers a challenge.</summary>
    ConnectionSecureOk = (10 << 16) | 21,

    /// <summary><c>connection.tune</c>: the server proposes limits.</summary>
    ConnectionTune = (10 << 16) | 30,

    /// <summary><c>connection.tune-ok</c>: the client takes limits.</summary>
    ConnectionTuneOk = (10 << 16) | 31,

    /// <summary><c>connection.open</c>: the client opens a virtual host.</summary>
    ConnectionOpen = (10 << 16) | 40,

    /// <summary><c>connection.open-ok</c>: the virtual host is open.</summary>
    ConnectionOpenOk = (10 << 16) | 41,

    /// <summary><c>connection.close</c>: a side closes the connection and says why.</summary>
    ConnectionClose = (10 << 16) | 50,

    /// <summary><c>connection.close-ok</c>: the other side agrees to the close of the connection.</summary>
    ConnectionCloseOk = (10 << 16) | 51,

    /// <summary><c>connection.blocked</c>: the broker asks the client to stop publishing (RabbitMQ extension).</summary>
    ConnectionBlocked = (10 << 16) | 60,

    /// <summary><c>connection.unblocked</c>: publishing may go on (RabbitMQ extension).</summary>
    ConnectionUnblocked = (10 << 16) | 61,

    /// <summary><c>connection.update-secret</c>: the client brings a new secret (RabbitMQ extension).</summary>
    ConnectionUpdateSecret = (10 << 16) | 70,

    /// <summary><c>connection.update-secret-ok</c>: the new secret is accepted (RabbitMQ extension).</summary>
    ConnectionUpdateSecretOk = (10 << 16) | 71,

    /// <summary><c>channel.open</c>: the client opens a channel.</summary>
    ChannelOpen = (20 << 16) | 10,

    /// <summary><c>channel.open-ok</c>: the channel is open.</summary>
    ChannelOpenOk = (20 << 16) | 11,

    /// <summary><c>channel.flow</c>: a side asks the other to pause or resume content.</summary>
    ChannelFlow = (20 << 16) | 20,

    /// <summary><c>channel.flow-ok</c>: the answer to flow.</summary>
    ChannelFlowOk = (20 << 16) | 21,

    /// <summary><c>channel.close</c>: a side closes the channel and says why.</summary>
    ChannelClose = (20 << 16) | 40,

    /// <summary><c>channel.close-ok</c>: the other side agrees to the close of the channel.</summary>
    ChannelCloseOk = (20 << 16) | 41,

    /// <summary><c>exchange.declare</c>: the client declares an exchange.</summary>
    ExchangeDeclare = (40 << 16) | 10,

    /// <summary><c>exchange.declare-ok</c>: the exchange is there.</summary>
    ExchangeDeclareOk = (40 << 16) | 11,

    /// <summary><c>exchange.delete</c>: the client deletes an exchange.</summary>
    ExchangeDelete = (40 << 16) | 20,

    /// <summary><c>exchange.delete-ok</c>: the exchange is gone.</summary>
    ExchangeDeleteOk = (40 << 16) | 21,

    /// <summary><c>exchange.bind</c>: the client binds an exchange to an exchange (RabbitMQ extension).</summary>
    ExchangeBind = (40 << 16) | 30,

    /// <summary><c>exchange.bind-ok</c>: the exchange binding is there (RabbitMQ extension).</summary>
    ExchangeBindOk = (40 << 16) | 31,

    /// <summary><c>exchange.unbind</c>: the client removes an exchange binding (RabbitMQ extension).</summary>
    ExchangeUnbind = (40 << 16) | 40,

    /// <summary><c>exchange.unbind-ok</c>: the exchange binding is gone (RabbitMQ extension).</summary>
    ExchangeUnbindOk = (40 << 16) | 51,

    /// <summary><c>queue.declare</c>: the client declares a queue.</summary>
    QueueDeclare = (50 << 16) | 10,

    /// <summary><c>queue.declare-ok</c>: the queue is there.</summary>
    QueueDeclareOk = (50 << 16) | 11,

    /// <summary><c>queue.bind</c>: the client binds a queue.</summary>
    QueueBind = (50 << 16) | 20,

    /// <summary><c>queue.bind-ok</c>: the binding is there.</summary>
    QueueBindOk = (50 << 16) | 21,

    /// <summary><c>queue.purge</c>: the client empties a queue.</summary>
    QueuePurge = (50 << 16) | 30,

    /// <summary><c>queue.purge-ok</c>: the queue is empty.</summary>
    QueuePurgeOk = (50 << 16) | 31,

    /// <summary><c>queue.delete</c>: the client deletes a queue.</summary>
    QueueDelete = (50 << 16) | 40,

    /// <summary><c>queue.delete-ok</c>: the queue is gone.</summary>
    QueueDeleteOk = (50 << 16) | 41,

    /// <summary><c>queue.unbind</c>: the client removes a binding.</summary>
    QueueUnbind = (50 << 16) | 50,

    /// <summary><c>queue.unbind-ok</c>: the binding is gone.</summary>
    QueueUnbindOk = (50 << 16) | 51,

    /// <summary><c>basic.qos</c>: the client sets its prefetch.</summary>
    BasicQos = (60 << 16) | 10,

    /// <summary><c>basic.qos-ok</c>: the prefetch is set.</summary>
    BasicQosOk = (60 << 16) | 11,

    /// <summary><c>basic.consume</c>: the client starts a consumer.</summary>
    BasicConsume = (60 << 16) | 20,

    /// <summary><c>basic.consume-ok</c>: the consumer is started.</summary>
    BasicConsumeOk = (60 << 16) | 21,

    /// <summary><c>basic.cancel</c>: a side ends a consumer.</summary>
    BasicCancel = (60 << 16) | 30,

    /// <summary><c>basic.cancel-ok</c>: the consumer is ended.</summary>
    BasicCancelOk = (60 << 16) | 31,

    /// <summary><c>basic.publish</c>: the client publishes a message.</summary>
    BasicPublish = (60 << 16) | 40,

    /// <summary><c>basic.return</c>: the broker returns a message it could not route.</summary>
    BasicReturn = (60 << 16) | 50,

    /// <summary><c>basic.deliver</c>: the broker delivers a message to a consumer.</summary>
    BasicDeliver = (60 << 16) | 60,

    /// <summary><c>basic.get</c>: the client asks for one message.</summary>
    BasicGet = (60 << 16) | 70,

    /// <summary><c>basic.get-ok</c>: the message that was asked for.</summary>
    BasicGetOk = (60 << 16) | 71,

    /// <summary><c>basic.get-empty</c>: there is no message.</summary>
    BasicGetEmpty = (60 << 16) | 72,

    /// <summary><c>basic.ack</c>: a message is acknowledged (from the broker: confirmed).</summary>
    BasicAck = (60 << 16) | 80,

    /// <summary><c>basic.reject</c>: the client rejects a message.</summary>
    BasicReject = (60 << 16) | 90,

    /// <summary><c>basic.recover-async</c>: the client asks for redelivery, without an answer (deprecated).</summary>
    BasicRecoverAsync = (60 << 16) | 100,

    /// <summary><c>basic.recover</c>: the client asks for redelivery.</summary>
    BasicRecover = (60 << 16) | 110,

    /// <summary><c>basic.recover-ok</c>: redelivery has begun.</summary>
    BasicRecoverOk = (60 << 16) | 111,

    /// <summary><c>basic.nack</c>: messages are refused (RabbitMQ extension).</summary>
    BasicNack = (60 << 16) | 120,

    /// <summary><c>confirm.select</c>: the client switches publisher confirms on (RabbitMQ extension).</summary>
    ConfirmSelect = (85 << 16) | 10,

    /// <summary><c>confirm.select-ok</c>: publisher confirms are on (RabbitMQ extension).</summary>
    ConfirmSelectOk = (85 << 16) | 11,

    /// <summary><c>tx.select</c>: the client switches transactions on.</summary>
    TxSelect = (90 << 16) | 10,

    /// <summary><c>tx.select-ok</c>: transactions are on.</summary>
    TxSelectOk = (90 << 16) | 11,

    /// <summary><c>tx.commit</c>: the client commits its transaction.</summary>
    TxCommit = (90 << 16) | 20,

    /// <summary><c>tx.commit-ok</c>: the transaction is committed.</summary>
    TxCommitOk = (90 << 16) | 21,

    /// <summary><c>tx.rollback</c>: the client gives up its transaction.</summary>
    TxRollback = (90 << 16) | 30,

    /// <summary><c>tx.rollback-ok</c>: the transaction is given up.</summary>
    TxRollbackOk = (90 << 16) | 31,
}
