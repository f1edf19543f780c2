namespace ResilientRabbit.Management;

/// <summary>A client of RabbitMQ's management API: what an operator does with <c>rabbitmqctl</c> and the management pages. Names may hold anything that AMQP allows; they are escaped.</summary>
/// <remarks>
/// <para>Thread-safe. Requests go to the address that answered last; when it does not answer, to the others. What can be repeated (everything but
/// <see cref="ImportDefinitionsAsync"/>) is, by <see cref="ManagementOptions.MaxAttempts"/>; what cannot only when nothing of it was sent.</para>
/// <para>Failures are <see cref="ManagementException"/>s; <see cref="ManagementException.Failure"/> says which. The caller's own cancellation is an
/// <see cref="OperationCanceledException"/> with the caller's token; our own time-outs never are. The plugin <c>rabbitmq_management</c> must be enabled on the nodes.</para>
/// </remarks>
public partial interface IRabbitManagementClient : IDisposable;
